import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ isDevelopment: false });
});
afterAll(() => gather.close());

const LONG = 'x'.repeat(900_000);

test.each([
  ['an ID', `query ($long: ID!) { nodes(ids: [${'$long '.repeat(200)}]) { id } }`],
  ['an ID of a condition', 'query ($long: ID!) { catalogue(where: { authorId: { eq: $long } }) { count } }'],
  ['a cursor', 'query ($long: String!) { catalogue { books(after: $long) { totalCount } } }'],
  [
    'a cursor of each parent',
    'query ($long: String!) { catalogue { books(first: 50) { nodes { loans(after: $long) { nodes { id } } } } } }',
  ],
  ['a title', 'query ($long: String!) { catalogue(where: { title: { contains: $long } }) { count } }'],
])('what is wrong is not repeated at length, however often it is used: %s', async (_, query) => {
  const response = await gather.request(query, { long: LONG });
  const text = await response.text();
  expect(text).toContain('"INVALID_INPUT"');
  expect(text).not.toContain('x'.repeat(2000));
  expect(text.length).toBeLessThan(300_000);
});

test('of small variables each fault is named', async () => {
  const response = await gather.request(
    'query ($where: BookWhere, $first: Int) { catalogue(where: $where) { books(first: $first) { totalCount } } }',
    { where: { a: 1, b: 2 }, first: 'x' },
    { headers: { accept: 'application/graphql-response+json' } },
  );
  expect(response.status).toBe(400);
  const { errors } = (await response.json()) as { errors: { message: string }[] };
  expect(errors.map(({ message }) => message.replace(/:.*/, ''))).toEqual([
    ...Array(2).fill('Variable "$where" has an invalid value'),
    'Variable "$first" has an invalid value',
  ]);
});

test('of large variables the first fault is named', async () => {
  const names = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`a${index}`, 1]));
  const where = { ...names, big: LONG };
  const { data, errors = [] } = await gather.query('query ($where: BookWhere) { catalogue(where: $where) { count } }', {
    where,
  });
  expect(data).toBeUndefined();
  expect(errors.map(({ extensions }) => extensions?.['code'])).toEqual(['BAD_USER_INPUT']);
  expect(errors[0]?.message).toMatch(/^Variable "\$where" has an invalid value: .*unknown field "a0"/);
  expect(JSON.stringify(errors).length).toBeLessThan(10_000);
});
