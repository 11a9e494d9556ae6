import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(() => gather.close());

const VALID = { itemId: btoa('Item:1'), customerId: btoa('Customer:1'), rating: 4, text: 'Tender.' };

test('a review is added in one statement, and is the newest of its item and of its customer', async () => {
  const { review, userErrors } = await add(VALID);
  expect(userErrors).toEqual([]);
  expect(review).toMatchObject({ rating: 4, text: 'Tender.' });
  expect(gather.cost().statements).toHaveLength(1);
  const { data } = await gather.query(`{
    item: node(id: "${VALID.itemId}") { ... on Item { reviews(first: 1) { nodes { id } } } }
    customer: node(id: "${VALID.customerId}") { ... on Customer { reviews(first: 1) { nodes { id } } } }
  }`);
  expect(data.item.reviews.nodes[0].id).toBe(review?.id);
  expect(data.customer.reviews.nodes[0].id).toBe(review?.id);
});

test('a review needs no words', async () => {
  const { text, ...wordless } = VALID;
  expect((await add(wordless)).review?.text).toBe('');
  expect(text).not.toBe('');
});

test('what a review is about is read after it was added', async () => {
  const { data } = await gather.query(
    `mutation ($input: AddReviewInput!) { addReview(input: $input) {
      review { item { sku reviews(first: 1) { nodes { text } totalCount } averageRating } customer { name } }
    } }`,
    { input: { ...VALID, itemId: btoa('Item:150'), text: 'The newest.' } },
  );
  const [{ count, average } = { count: 0, average: 0 }] = await gather.database.ask<{ count: number; average: number }>(
    'select count(*)::int as count, round(avg(rating), 2)::float8 as average from review where "itemId" = 150',
  );
  expect(data.addReview.review.item).toEqual({
    sku: 'SKU-00150',
    reviews: { nodes: [{ text: 'The newest.' }], totalCount: count },
    averageRating: average,
  });
});

test.each<[object, string, string]>([
  [{ rating: 0 }, 'rating', 'Expected 1 to 5, got 0.'],
  [{ rating: 6 }, 'rating', 'Expected 1 to 5, got 6.'],
  [{ text: 'x'.repeat(10_001) }, 'text', 'Expected 0 to 10000 characters, got 10001.'],
  [{ text: 'a\0b' }, 'text', 'Expected text without NUL characters.'],
  [{ itemId: 'x' }, 'itemId', 'Expected an ID issued by this server, got "x".'],
  [{ customerId: btoa('Item:1') }, 'customerId', 'Expected the ID of an object of type Customer, got one of Item.'],
])('a review with %j is refused', async (fault, field, message) => {
  const { review, userErrors } = await add({ ...VALID, ...fault });
  expect(review).toBeNull();
  expect(userErrors).toEqual([{ code: 'INVALID_INPUT', message, field: [field] }]);
  expect(gather.cost().statements).toHaveLength(0);
});

test.each([
  ['itemId', btoa('Item:999999')],
  ['customerId', btoa('Customer:999999')],
])('a review whose %s is of nothing is refused', async (field, id) => {
  const { review, userErrors } = await add({ ...VALID, [field]: id });
  expect(review).toBeNull();
  expect(userErrors).toEqual([expect.objectContaining({ code: 'NOT_FOUND', field: [field] })]);
});

interface Payload {
  review: { id: string; rating: number; text: string } | null;
  userErrors: { code: string; message: string; field: string[] | null }[];
}

async function add(input: object): Promise<Payload> {
  const { data, errors } = await gather.query(
    `mutation ($input: AddReviewInput!) {
      addReview(input: $input) { review { id rating text } userErrors { code message field } }
    }`,
    { input },
  );
  expect(errors).toBeUndefined();
  return data.addReview;
}
