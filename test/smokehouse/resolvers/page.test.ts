import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, TEST_LIMITS, type TestApp } from '../../helpers/app.ts';
import { holdTimeouts } from '../../helpers/timeouts.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ databaseConnections: 4, limits: { ...TEST_LIMITS, maxCost: 10_000 } });
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(() => gather.close());

const ROUNDS = 20;
const PAGE = `fragment Page on Item {
  sku name supplier { name } reviews(first: 5) { nodes { rating customer { name } } } currentPrice stock
}`;

test('what a page needs next is asked for at the same time: rows, lists, prices and stock', async () => {
  const { extensions } = await gather.query(`{ menu { items(first: 20) { nodes { ...Page } } } } ${PAGE}`);
  gather.cost();
  const level = ['supplierById', 'reviewsByItemId', 'pricing.getPrices', 'inventory.getStock'];
  const calls = (extensions?.timing.calls ?? []).filter(({ name }) => level.includes(name));
  expect(calls).toHaveLength(4);
  const lastStart = Math.max(...calls.map(({ start }) => start));
  expect(Math.min(...calls.map(({ start, duration }) => start + duration))).toBeGreaterThan(lastStart);
});

test('a page of twenty items costs four statements and two calls', async () => {
  const { data, errors } = await gather.query(`{ menu { items(first: 20) { nodes { ...Page } } } } ${PAGE}`);
  expect(errors).toBeUndefined();
  const { nodes } = data.menu.items;
  expect(nodes).toHaveLength(20);
  expect(nodes.every((node: PageItem) => node.supplier.name && node.currentPrice && node.stock !== null)).toBe(true);
  expect(nodes.every((node: PageItem) => node.reviews.nodes.length === 5)).toBe(true);
  expectCost(4, 2);
});

test('a page of five hundred items costs four statements and ten calls, of a hundred keys each', async () => {
  const added = await gather.database.ask<{ id: string }>(
    `insert into item (sku, name, price, "supplierId")
     select 'SKU-' || lpad(n::text, 5, '0'), 'Number ' || n, 9, 1 from generate_series(201, 500) n returning id`,
  );
  const seeded = await gather.database.ask<{ id: string }>('select id from item where id <= 200');
  const ids = [...seeded, ...added].map(({ id }) => btoa(`Item:${id}`));
  gather.cost();

  const { data, errors } = await gather.query(`query ($ids: [ID!]!) { nodes(ids: $ids) { ...Page } } ${PAGE}`, { ids });

  expect(errors).toBeUndefined();
  expect(data.nodes).toHaveLength(500);
  expect(data.nodes.every((node: PageItem) => node.currentPrice && node.stock !== null)).toBe(true);
  const { requests } = expectCost(4, 10);
  expect(requests.map((path) => path.split(',').length)).toEqual(Array(10).fill(100));
});

test('items of several statements share what is below them, whichever statement ends last', async () => {
  const fromFour = `{
    bySku: item(by: { sku: "SKU-00042" }) { ...Page }
    byId: item(by: { id: "${btoa('Item:77')}" }) { ...Page }
    menu { first { ...Page } items(first: 20) { nodes { ...Page } } }
  } ${PAGE}`;
  for (const late of ['SKU-00042', 'SKU-00077', 'SKU-00011', 'none']) {
    await expectExactRounds(fromFour, { late, statements: 7, requests: 2 });
  }
});

test('a page of which one item comes later than the others costs one statement more: the one for that item', async () => {
  await gather.database.ask(`insert into item (sku, name, price, "supplierId") values ('SKU-00999', 'Late', 1, 1)`);
  const fromTwo = `{
    late: menu(where: { name: { eq: "Late" } }) { first { ...Page } }
    menu { items(first: 20) { nodes { ...Page } } }
  } ${PAGE}`;
  const expected = { late: 'SKU-00999', statements: 5, requests: 2 };
  await expectExactRounds(fromTwo, expected);
});

test('lists of one parent under several names are one statement, each with its own `first`', async () => {
  const { data } = await gather.query(`{
    menu { items(first: 20) { nodes {
      two: reviews(first: 2) { nodes { rating } }
      four: reviews(first: 4) { nodes { rating } pageInfo { hasNextPage } }
      none: reviews(first: 0) { nodes { rating } }
    } } }
  }`);
  for (const { two, four, none } of data.menu.items.nodes) {
    expect(four.nodes).toHaveLength(4);
    expect(four.pageInfo.hasNextPage).toBe(true);
    expect(two.nodes).toEqual(four.nodes.slice(0, 2));
    expect(none.nodes).toEqual([]);
  }
  expectCost(2, 0);
});

test('a field under two names is asked for once', async () => {
  const { data } = await gather.query(`{
    item(by: { sku: "SKU-00001" }) { a: stock b: stock c: currentPrice d: supplier { city } e: supplier { name } }
  }`);
  expect(data.item.a).toBe(data.item.b);
  expectCost(2, 2);
});

test('only the columns that the operation asks for are read', async () => {
  await gather.query(`{ menu { items(first: 2) { nodes { sku supplier { city } reviews { nodes { text } } } } } }`);
  const { statements } = gather.cost();
  expect(statements.map(toSelected).toSorted()).toEqual([
    ['id', 'city'],
    ['id', 'sku', 'supplierId'],
    ['id', 'text'],
  ]);
});

test('a time is read where it is asked for, and nowhere else', async () => {
  const ask = async (isAsked: boolean) => {
    const query = `query ($isAsked: Boolean!) {
      menu { first { sku } items(first: 1) { nodes { name reviews(first: 1) { nodes { rating customer { name } } } } } }
      item(by: { sku: "SKU-00002" }) { supplier { name } }
      tasks(first: 1) { nodes { title createdAt @include(if: $isAsked) } }
    }`;
    await gather.query(query, { isAsked });
    return gather.cost().statements.filter((text) => /createdAt|updatedAt|completedAt/.test(text));
  };
  expect(await ask(true)).toEqual([expect.stringContaining('from "public"."task"')]);
  expect(await ask(false)).toEqual([]);
});

test.each([
  ['that is left out', '{ menu { items { nodes { name supplier @include(if: false) { name } } } } }'],
  [
    'of another operation',
    'query A { menu { items { nodes { name } } } } query B { item(by: { sku: "x" }) { supplier { name } } }',
  ],
])('a row %s is not read', async (_, query) => {
  const response = await gather.app.fetch('http://gather/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, operationName: query.startsWith('query A') ? 'A' : null }),
  });
  expect(await response.json()).toHaveProperty('data.menu.items.nodes.0.name');
  expectCost(1, 0);
});

interface LateRow {
  late: string;
  statements: number;
  requests: number;
}

interface PageItem {
  supplier: { name: string };
  reviews: { nodes: unknown[] };
  currentPrice: string | null;
  stock: number | null;
}

function expectCost(statements: number, requests: number) {
  const cost = gather.cost();
  expect(cost.statements, cost.statements.join('\n')).toHaveLength(statements);
  expect(cost.requests, cost.requests.join('\n')).toHaveLength(requests);
  return cost;
}

/**
 * Twenty rounds cost exactly so much each while the row with the SKU `late` takes a millisecond and a half to read, and
 * no other row does. Timeouts are held: how long batches wait for late rows at most is said in the test of the schedule.
 */
async function expectExactRounds(query: string, { late, statements, requests }: LateRow): Promise<void> {
  await gather.database.ask(`
    create function is_read(sku text) returns boolean language plpgsql cost 100000 as $$
      begin if sku = '${late}' then perform pg_sleep(0.0015); end if; return true; end $$;
    alter table item rename to item_table;
    create view public.item as select * from item_table where is_read(sku);`);
  using _ = holdTimeouts();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      gather.cost();
      const { errors } = await gather.query(query);
      expect(errors).toBeUndefined();
      expectCost(statements, requests);
    }
  } finally {
    await gather.database.ask('drop view item; alter table item_table rename to item; drop function is_read');
  }
}

function toSelected(statement: string): string[] {
  const [, columns = ''] = /select (?!page)([^()]*?) from "/.exec(statement) ?? [];
  return columns.split(', ').map((column) => column.replaceAll('"', ''));
}
