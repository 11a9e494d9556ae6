import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

interface Row {
  id: string;
  sku: string;
  name: string;
  status: string;
  price: string;
  supplierId: string;
}

let gather: TestApp;
let rows: Row[];

beforeAll(async () => {
  gather = await startTestApp();
  await gather.database.ask(`update item set name = '100%_\\"ÄPFEL' where id = 17`);
  rows = await gather.database.ask(`select id, sku, name, status, price, "supplierId" from item order by id`);
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(() => gather.close());

const FIELDS = {
  count: 'count',
  exists: 'exists',
  first: 'first(orderBy: [{ field: PRICE }]) { sku }',
  last: 'last(orderBy: [{ field: NAME }]) { sku }',
  price: 'price { average minimum maximum sum }',
  items: 'items(first: 5) { nodes { sku } pageInfo { hasNextPage } }',
};

test.each(Object.entries(FIELDS))('%s is one statement', async (_, field) => {
  const { errors } = await gather.query(`{ menu { ${field} } }`);
  expect(errors).toBeUndefined();
  expect(gather.cost().statements).toHaveLength(1);
});

test('all is one statement, read through a cursor on the server', async () => {
  const { data } = await gather.query('{ menu { all { sku price } } }');
  expect(data.menu.all).toEqual(rows.map(({ sku, price }) => ({ sku, price })));
  const { statements } = gather.cost();
  expect(statements.filter((text) => text.includes('from "public"."item"'))).toEqual([
    expect.stringMatching(/^declare \w+ no scroll cursor for\s+select "id", "sku", "price" from "public"."item"/),
  ]);
});

test('all reads no more than is taken: 1,000 items are two batches of 500 and one that is empty', async () => {
  await gather.database.ask(
    `insert into item (sku, name, price, "supplierId", status)
     select 'MANY-' || n, 'Many', 1, 1, 'RETIRED' from generate_series(1, 1000) n`,
  );
  gather.cost();
  const { data } = await gather.query('{ menu(where: { name: { eq: "Many" } }) { all { sku } } }');
  await gather.database.ask(`delete from item where name = 'Many'`);
  expect(data.menu.all).toHaveLength(1000);
  expect(gather.cost().statements.filter((text) => text.startsWith('fetch 500'))).toHaveLength(3);
});

test('all that is asked of a menu runs at the same time', async () => {
  const all = [...Object.values(FIELDS), 'all { sku }', 'dearest: last(orderBy: [{ field: PRICE }]) { sku }'];
  const bystander = await gather.database.pools.pool.connect();
  await bystander.query('begin; lock table item in access exclusive mode');
  const answer = gather.query(`{ menu { ${all.join(' ')} } }`);
  const waiting = await untilWaiting(all.length);
  await bystander.query('commit');
  bystander.release();
  expect(waiting).toBe(all.length);
  expect((await answer).errors).toBeUndefined();
});

test('a menu without items has none of them, and statistics without values', async () => {
  const fields = [...Object.values(FIELDS), 'all { sku }'].join(' ');
  const { data, errors } = await gather.query(`{ menu(where: { name: { eq: "there is none" } }) { ${fields} } }`);
  expect(errors).toBeUndefined();
  expect(data.menu).toEqual({
    count: 0,
    exists: false,
    first: null,
    last: null,
    price: { average: null, minimum: null, maximum: null, sum: null },
    items: { nodes: [], pageInfo: { hasNextPage: false } },
    all: [],
  });
});

test('the statistics are exact: to the cent, halves up', async () => {
  const { data } = await gather.query('{ menu { price { average minimum maximum sum } } }');
  const cents = rows.map(({ price }) => Math.round(Number(price) * 100));
  const sum = cents.reduce((total, price) => total + price, 0);
  expect(data.menu.price).toEqual({
    average: toDecimal(Math.floor((2 * sum + cents.length) / (2 * cents.length))),
    minimum: toDecimal(Math.min(...cents)),
    maximum: toDecimal(Math.max(...cents)),
    sum: toDecimal(sum),
  });
});

test('half a cent of the average is rounded up', async () => {
  await gather.database.ask(
    `insert into item (sku, name, price, "supplierId") values ('H1', 'Half', 0.10, 1), ('H2', 'Half', 0.11, 1)`,
  );
  const { data } = await gather.query('{ menu(where: { name: { eq: "Half" } }) { price { average sum } } }');
  await gather.database.ask(`delete from item where name = 'Half'`);
  expect(data.menu.price).toEqual({ average: '0.11', sum: '0.21' });
});

const CONDITIONS: [where: object, meets: (row: Row) => boolean][] = [
  [{}, () => true],
  [{ status: { eq: 'ACTIVE' } }, (row) => row.status === 'ACTIVE'],
  [{ status: { ne: 'ACTIVE' } }, (row) => row.status !== 'ACTIVE'],
  [{ status: { in: ['DRAFT', 'RETIRED'] } }, (row) => row.status !== 'ACTIVE'],
  [{ status: { in: [] } }, () => false],
  [{ status: { notIn: ['DRAFT', 'RETIRED'] } }, (row) => row.status === 'ACTIVE'],
  [{ status: { notIn: [] } }, () => true],
  [{ price: { eq: '0012.5' } }, (row) => row.price === '12.50'],
  [{ price: { lt: '20' } }, (row) => Number(row.price) < 20],
  [{ price: { gt: '20', lte: '60.5' } }, (row) => Number(row.price) > 20 && Number(row.price) <= 60.5],
  [{ price: { gte: '20', ne: '20' } }, (row) => Number(row.price) > 20],
  [{ name: { contains: 'BRISKET' } }, (row) => row.name.toLowerCase().includes('brisket')],
  [{ name: { startsWith: 'oak' } }, (row) => row.name.toLowerCase().startsWith('oak')],
  [{ name: { endsWith: 'ribs' } }, (row) => row.name.toLowerCase().endsWith('ribs')],
  [{ name: { contains: '%' } }, (row) => row.name.includes('%')],
  [{ name: { contains: '%_\\"' } }, (row) => row.name.includes('%_\\"')],
  [{ name: { contains: 'äpfel' } }, (row) => row.name.includes('ÄPFEL')],
  [{ name: { eq: "'; drop table item; --" } }, () => false],
  [{ supplierId: { eq: supplier(3) } }, (row) => row.supplierId === '3'],
  [{ supplierId: { ne: supplier(3) } }, (row) => row.supplierId !== '3'],
  [{ supplierId: { in: [supplier(1), supplier(2)] } }, (row) => ['1', '2'].includes(row.supplierId)],
  [{ supplierId: { notIn: [supplier(1), supplier(2)] } }, (row) => !['1', '2'].includes(row.supplierId)],
  [
    { and: [{ price: { gt: '10' } }, { price: { lt: '50' } }] },
    (row) => Number(row.price) > 10 && Number(row.price) < 50,
  ],
  [{ and: [] }, () => true],
  [
    { or: [{ price: { lt: '5' } }, { status: { eq: 'DRAFT' } }] },
    (row) => Number(row.price) < 5 || row.status === 'DRAFT',
  ],
  [{ or: [] }, () => false],
  [{ not: { supplierId: { eq: supplier(1) } } }, (row) => row.supplierId !== '1'],
  [{ not: {} }, () => false],
  [
    {
      status: { eq: 'ACTIVE' },
      or: [
        { price: { lt: '10' } },
        { and: [{ price: { gte: '100' } }, { not: { supplierId: { in: [supplier(1)] } } }] },
      ],
      not: { name: { contains: 'a' } },
    },
    ({ status, price, supplierId, name }) =>
      status === 'ACTIVE' &&
      (Number(price) < 10 || (Number(price) >= 100 && supplierId !== '1')) &&
      !name.toLowerCase().includes('a'),
  ],
  [{ status: null, name: { eq: null }, and: null, or: null, not: null }, () => true],
];

test.each(CONDITIONS)('the condition %j gives what meets it', async (where, meets) => {
  const { data, errors } = await gather.query(
    'query ($where: ItemWhere) { menu(where: $where) { count exists all { sku } } }',
    { where },
  );
  expect(errors).toBeUndefined();
  const skus = rows.filter(meets).map(({ sku }) => sku);
  expect(data.menu.all.map((item: Row) => item.sku)).toEqual(skus);
  expect(data.menu).toMatchObject({ count: skus.length, exists: skus.length > 0 });
});

test.each(['nonsense', btoa('Item:1')])('the ID "%s" is not one of a supplier, and is refused', async (id) => {
  for (const supplierId of [{ eq: id }, { ne: id }, { in: [id] }, { notIn: [id] }]) {
    const { data, errors } = await gather.query('query ($where: ItemWhere) { menu(where: $where) { count } }', {
      where: { or: [{ not: { supplierId } }] },
    });
    expect(data).toEqual({ menu: null });
    expect(errors?.[0]).toMatchObject({ path: ['menu'], extensions: { code: 'INVALID_INPUT', retryable: false } });
  }
});

test('conditions nested too deep are refused', async () => {
  let where: object = { status: { eq: 'ACTIVE' } };
  for (let depth = 0; depth < 20; depth++) where = { not: where };
  const { errors } = await gather.query('query ($where: ItemWhere) { menu(where: $where) { count } }', { where });
  expect(errors?.[0]).toMatchObject({ path: ['menu', 'count'], extensions: { code: 'INVALID_INPUT' } });
});

test('a decimal is a string; a number, which may not be exact, is refused', async () => {
  for (const price of ['{ eq: 12.5 }', '{ eq: "12.5kg" }', '{ eq: "1e3" }', '{ in: ["NaN"] }']) {
    const { data, errors } = await gather.query(`{ menu(where: { price: ${price} }) { count } }`);
    expect(data).toBeUndefined();
    expect(errors?.[0]?.message).toContain('Expected a decimal in a string, such as "12.50", got');
  }
});

async function untilWaiting(expected: number): Promise<number> {
  let waiting = 0;
  for (let attempt = 0; attempt < 100 && waiting < expected; attempt++) {
    await sleep(20);
    const [found] = await gather.database.ask<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    waiting = found?.waiting ?? 0;
  }
  return waiting;
}

function supplier(key: number): string {
  return btoa(`Supplier:${key}`);
}

function toDecimal(cents: number): string {
  return (cents / 100).toFixed(2);
}
