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

const TYPES = ['Item', 'Supplier', 'Customer', 'Review', 'Task'] as const;
const MALFORMED = ['', 'nonsense', '42', '%', btoa('Item'), btoa('1:1'), btoa(':1')];

test('an item is found by its SKU and by its ID', async () => {
  const bySku = await gather.query(`{ item(by: { sku: "SKU-00007" }) { id sku } }`);
  const { id } = bySku.data.item;
  const byId = await gather.query(`query ($id: ID!) { item(by: { id: $id }) { id sku } }`, { id });
  expect(byId.data.item).toEqual({ id, sku: 'SKU-00007' });
  expect(gather.cost().statements).toHaveLength(2);
});

test('an item that there is not is null', async () => {
  const { data, errors } = await gather.query(`{
    bySku: item(by: { sku: "SKU-99999" }) { name }
    byId: item(by: { id: "${idOf('Item', 999_999)}" }) { name }
  }`);
  expect(errors).toBeUndefined();
  expect(data).toEqual({ bySku: null, byId: null });
});

test('a SKU that no row can have does not cost the others of its batch', async () => {
  const { data, errors } = await gather.query(`{
    nul: item(by: { sku: "a\\u0000b" }) { sku }
    other: item(by: { sku: "SKU-00001" }) { sku }
  }`);
  expect(errors).toBeUndefined();
  expect(data).toEqual({ nul: null, other: { sku: 'SKU-00001' } });
});

test('items by several SKUs are one statement, items by several IDs another', async () => {
  await gather.query(`{
    a: item(by: { sku: "SKU-00001" }) { name } b: item(by: { sku: "SKU-00002" }) { name }
    c: item(by: { id: "${idOf('Item', 3)}" }) { name } d: item(by: { id: "${idOf('Item', 4)}" }) { name }
  }`);
  expect(gather.cost().statements).toHaveLength(2);
});

test('an item has every field of its row, as the database has it', async () => {
  const { data } = await gather.query(`{ item(by: { sku: "SKU-00001" }) {
    id sku name description status price calories version createdAt updatedAt supplier { id name city }
  } }`);
  const [row] = await gather.database.ask<Record<string, unknown>>(
    `select sku, name, description, status, price, calories, version from item where sku = 'SKU-00001'`,
  );
  expect(data.item).toMatchObject({ ...row, id: idOf('Item', 1) });
  expect(data.item.price).toMatch(/^\d+\.\d\d$/);
  expect(new Date(data.item.createdAt).toISOString().slice(0, 19)).toBe(data.item.createdAt.slice(0, 19));
  expect(data.item.supplier).toEqual({ id: expect.any(String), name: expect.any(String), city: expect.any(String) });
});

test('times are given in UTC to the microsecond', async () => {
  await gather.database.ask(`update item set "createdAt" = '2026-03-01 09:05:00.123456+02' where sku = 'SKU-00150'`);
  const { data } = await gather.query(`{ item(by: { sku: "SKU-00150" }) { createdAt } }`);
  expect(data.item.createdAt).toBe('2026-03-01T07:05:00.123456Z');
});

test('price and stock of an item that their services do not know are null', async () => {
  await gather.database.ask(`insert into item (sku, name, price, "supplierId") values ('UNKNOWN, & 1', 'x', 1, 1)`);
  const { data, errors } = await gather.query(`{ item(by: { sku: "UNKNOWN, & 1" }) { currentPrice stock } }`);
  expect(errors).toBeUndefined();
  expect(data.item).toEqual({ currentPrice: null, stock: null });
});

test('the average rating is rounded to two places, null where there are none, and one statement for all', async () => {
  await gather.database.ask(`
    insert into item (sku, name, price, "supplierId") values ('RATED', 'x', 1, 1), ('UNRATED', 'x', 1, 1);
    insert into review ("itemId", "customerId", rating, text)
      select id, 1, rating, '' from item, unnest(array[5, 4, 4]) rating where sku = 'RATED'`);
  gather.cost();
  const { data } = await gather.query(`{
    rated: item(by: { sku: "RATED" }) { averageRating } unrated: item(by: { sku: "UNRATED" }) { averageRating }
  }`);
  expect(data).toEqual({ rated: { averageRating: 4.33 }, unrated: { averageRating: null } });
  expect(gather.cost().statements).toHaveLength(2);
});

test('a review has its item and its customer, a supplier its items', async () => {
  const { data, errors } = await gather.query(`{ item(by: { sku: "SKU-00001" }) {
    supplier { items(first: 1) { nodes { supplier { name } } } name }
    reviews(first: 1) { nodes { id rating text createdAt item { sku } customer { id name city } } }
  } }`);
  expect(errors).toBeUndefined();
  expect(data.item.reviews.nodes[0].item.sku).toBe('SKU-00001');
  expect(data.item.supplier.items.nodes[0].supplier.name).toBe(data.item.supplier.name);
});

test.each(TYPES)('node finds a %s by its ID', async (type) => {
  const id = idOf(type, 1);
  const { data } = await gather.query(`query ($id: ID!) { node(id: $id) { __typename id } }`, { id });
  expect(data.node).toEqual({ __typename: type, id });
  expect(gather.cost().statements).toHaveLength(1);
});

test('nodes of every type are found in the order of their IDs, in one statement for each type', async () => {
  const ids = [...TYPES, ...TYPES].map((type, index) => idOf(type, index + 1)).toReversed();
  const { data } = await gather.query(
    `query ($ids: [ID!]!) { nodes(ids: $ids) {
      id ... on Item { name } ... on Supplier { name } ... on Customer { name } ... on Review { rating } ... on Task { title }
    } }`,
    { ids },
  );
  expect(data.nodes.map(({ id }: { id: string }) => id)).toEqual(ids);
  expect(gather.cost().statements).toHaveLength(TYPES.length);
});

test('what there is not is null among the nodes, and one that comes twice is there twice', async () => {
  const ids = [idOf('Item', 1), idOf('Item', 999_999), idOf('Item', 1)];
  const { data, errors } = await gather.query(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids });
  expect(errors).toBeUndefined();
  expect(data.nodes).toEqual([{ id: ids[0] }, null, { id: ids[0] }]);
});

test('a malformed ID among the nodes costs its own place', async () => {
  const ids = [idOf('Item', 1), 'nonsense', idOf('Item', 2)];
  const { data, errors } = await gather.query(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids });
  expect(data.nodes).toEqual([{ id: ids[0] }, null, { id: ids[2] }]);
  expect(errors).toEqual([
    expect.objectContaining({ path: ['nodes', 1], extensions: expect.objectContaining(REFUSED) }),
  ]);
});

test.each(MALFORMED)('the malformed ID "%s" is refused by name', async (id) => {
  const { data, errors } = await gather.query(
    `query ($id: ID!) { node(id: $id) { id } item(by: { id: $id }) { id } }`,
    { id },
  );
  expect(data).toEqual({ node: null, item: null });
  expect(errors).toHaveLength(2);
  for (const error of errors ?? []) {
    expect(error).toMatchObject({ message: `Expected an ID issued by this server, got "${id}".`, extensions: REFUSED });
  }
  expect(gather.cost().statements).toHaveLength(0);
});

test('an ID of a type that is no node is refused', async () => {
  const { data, errors } = await gather.query(
    `query ($id: ID!) { node(id: $id) { id } item(by: { id: $id }) { id } }`,
    { id: btoa('Promo:1') },
  );
  expect(data).toEqual({ node: null, item: null });
  expect(errors?.map(({ message }) => message).toSorted()).toEqual([
    `Expected an ID issued by this server, got "${btoa('Promo:1')}".`,
    'Expected the ID of an object of type Item, got one of Promo.',
  ]);
  for (const error of errors ?? []) expect(error).toMatchObject({ extensions: REFUSED });
  expect(gather.cost().statements).toHaveLength(0);
});

test('an ID of another type is refused', async () => {
  const { data, errors } = await gather.query(`{ item(by: { id: "${idOf('Supplier', 1)}" }) { name } }`);
  expect(data.item).toBeNull();
  expect(errors?.[0]).toMatchObject({
    message: 'Expected the ID of an object of type Item, got one of Supplier.',
    path: ['item'],
    extensions: REFUSED,
  });
});

test('at most a thousand nodes are given at once', async () => {
  const ids = Array.from({ length: 1001 }, () => idOf('Item', 1));
  const { data, errors } = await gather.query(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids });
  expect(data).toEqual({ nodes: null });
  expect(errors?.[0]).toMatchObject({
    message: 'Expected the number of `ids` from 0 to 1000, got 1001.',
    extensions: REFUSED,
  });
});

test('an item is named by exactly one of its ID and its SKU', async () => {
  for (const by of ['{}', '{ id: "x", sku: "x" }', '{ sku: null }']) {
    const { data, errors } = await gather.query(`{ item(by: ${by}) { id } }`);
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(1);
  }
});

const REFUSED = { code: 'INVALID_INPUT', retryable: false };

function idOf(type: (typeof TYPES)[number], key: number): string {
  return btoa(`${type}:${key}`);
}
