import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

const LARGEST = '9223372036854775807';
/** A number for `JSON.stringify` to write as it is; TypeScript does not know it yet. */
const rawJson: (number: string) => unknown = Reflect.get(JSON, 'rawJSON');
const BEYOND = ['9223372036854775808', '99999999999999999999999999999999'];
const NO_NUMBERS = ['042', '+1', '1.0', '0x1', ' 1', '-0', 'x', ''];

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
  await gather.database.ask(`insert into item (id, sku, name, status, price, "supplierId") overriding system value
    values (${LARGEST}, 'LARGEST', 'The last one', 'ACTIVE', 1, 1)`);
  await gather.database.ask(`insert into "order" (id, owner, total) overriding system value
    values (${LARGEST}, 'user:pitmaster', 2)`);
  await gather.database.ask(`insert into "orderLine" (id, "orderId", "itemId", quantity, price) overriding system value
    select ${LARGEST} - n, ${LARGEST}, 1, n, 1 from generate_series(1, 3) n`);
});
beforeEach(() => {
  gather.services.reset();
});
afterAll(() => gather.close());

test('an ID of nineteen digits is taken wherever the server takes one', async () => {
  const query = 'query ($id: ID!) { item(by: { id: $id }) { id } node(id: $id) { id } nodes(ids: [$id]) { id } }';
  const id = btoa(`Item:${LARGEST}`);
  expect(await gather.query(query, { id })).toMatchObject({ data: { item: { id }, node: { id }, nodes: [{ id }] } });
  const update = `mutation ($id: ID!) { updateItem(input: { id: $id, name: "Changed" }) { item { name } userErrors { message } } }`;
  expect((await gather.query(update, { id })).data.updateItem).toEqual({ item: { name: 'Changed' }, userErrors: [] });
});

test('an order of nineteen digits is placed, and its lines keep their order', async () => {
  const { data } = await gather.query('query ($id: ID!) { node(id: $id) { ... on Order { lines { quantity } } } }', {
    id: btoa(`Order:${LARGEST}`),
  });
  expect(data.node.lines.map(({ quantity }: { quantity: number }) => quantity)).toEqual([3, 2, 1]);
  await gather.database.ask(`alter table "order" alter column id restart with 1000000000000000000`);
  const placed = await gather.query(
    'mutation { placeOrder(input: { lines: [{ itemId: "SXRlbToy", quantity: 1 }] }) { order { id } userErrors { message } } }',
  );
  expect(placed.data.placeOrder).toEqual({ order: { id: btoa('Order:1000000000000000000') }, userErrors: [] });
});

test.each([...BEYOND, ...NO_NUMBERS])(
  'with an ID that no key can be, %j, there is nothing, and nothing else fails',
  async (number) => {
    const id = btoa(`Item:${number}`);
    const query = `query ($id: ID!, $job: ID!) {
    item(by: { id: $id }) { id } node(id: $id) { id } job(id: $job) { id } nodes(ids: [$id, "SXRlbTox"]) { id }
  }`;
    expect(await gather.query(query, { id, job: btoa(`Job:${number}`) })).toMatchObject({
      data: { item: null, node: null, job: null, nodes: [null, { id: 'SXRlbTox' }] },
    });
    const remove = 'mutation ($id: ID!) { deleteItem(input: { id: $id }) { deletedId userErrors { code field } } }';
    expect((await gather.query(remove, { id })).data.deleteItem).toEqual({
      deletedId: null,
      userErrors: [{ code: 'NOT_FOUND', field: ['id'] }],
    });
    const review = `mutation ($id: ID!) { addReview(input: { itemId: $id, rating: 5, text: "" }) { userErrors { code field } } }`;
    expect((await gather.query(review, { id })).data.addReview).toEqual({
      userErrors: [{ code: 'NOT_FOUND', field: ['itemId'] }],
    });
  },
);

test.each(['9007199254740993', '1e400', '0.1234567890123456789'])(
  'a variable of %s is refused by name, and not changed',
  async (number) => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    const variables = `{"ids":["SXRlbTox",${number}]}`;
    const message = `Expected numbers that a double holds, got ${number} at variables.ids.1. Send it as a string.`;
    const url = new URL('http://gather/graphql');
    url.search = new URLSearchParams({ query, variables }).toString();
    const responses = [
      await gather.app.fetch('http://gather/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
      }),
      await gather.app.fetch(url.href, { headers: { accept: 'application/json' } }),
    ];
    for (const response of responses) {
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
    }
  },
);

test('such a number in `extensions`, which are not read, is let through', async () => {
  const response = await gather.app.fetch('http://gather/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ about { name } }","extensions":{"sentAt":1764153600000000001}}',
  });
  expect(await response.json()).toMatchObject({ data: { about: { name: expect.any(String) } } });
});

test.each(['2147483648', '9007199254740993', '1e400', '12.5', '-1'])(
  'a stock of %s is the fault of the service that answers it',
  async (stock) => {
    gather.services.inventory.answer = { status: 200, body: { stock: { 'SKU-00001': rawJson(stock) } } };
    const { data, errors } = await gather.query('{ item(by: { sku: "SKU-00001" }) { sku stock } }');
    expect(data).toEqual({ item: { sku: 'SKU-00001', stock: null } });
    expect(errors).toMatchObject([
      { path: ['item', 'stock'], extensions: { code: 'UPSTREAM_INVALID', service: 'inventory' } },
    ]);
    expect(errors?.[0]?.message).toContain('/stock/SKU-00001');
  },
);

test('the largest Int is passed on, and what the contract does not know is not looked at', async () => {
  gather.services.inventory.answer = {
    status: 200,
    body: { stock: { 'SKU-00001': 2147483647 }, at: rawJson('9007199254740993') },
  };
  const { data } = await gather.query('{ item(by: { sku: "SKU-00001" }) { stock } }');
  expect(data).toEqual({ item: { stock: 2147483647 } });
});
