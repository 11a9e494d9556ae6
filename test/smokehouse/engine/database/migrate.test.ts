import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, pendingMigrations } from '../../../../src/gather/database/migrate.ts';
import { engineMigrations } from '../../../../src/gather/database/migrations/index.ts';
import type { Step } from '../../../../src/gather/step.ts';
import { smokehouse } from '../../../../src/smokehouse/index.ts';
import { createTestDatabase, TEST_SCHEMAS, type TestDatabase } from '../../../helpers/database.ts';

const source = { ...TEST_SCHEMAS, migrations: smokehouse.migrations };
const own = Object.keys(engineMigrations('gather'));
const ofShop = Object.keys(smokehouse.migrations);

let empty: TestDatabase;
let shop: TestDatabase;

beforeAll(async () => {
  [empty, shop] = await Promise.all([createTestDatabase({}, 'template0'), createTestDatabase()]);
});
afterAll(() => Promise.all([empty.drop(), shop.drop()]));

test('servers that start at once migrate an empty database once', async () => {
  expect(await pendingMigrations(empty.pools.pool, source)).toEqual([...own, ...ofShop]);
  const steps: Step[] = [];
  await Promise.all(Array.from({ length: 8 }, () => migrate(empty.databaseUrl, source, (step) => steps.push(step))));
  const done = steps.flatMap(({ ms, detail }) => (ms === undefined ? [] : [detail]));
  expect(done).toHaveLength(8);
  const names = done.filter((detail) => detail !== 'none to run').flatMap((detail) => detail?.split(', '));
  expect(names.toSorted()).toEqual([...own, ...ofShop].toSorted());
  const namesIn = async (history: string) => {
    const rows = await empty.ask<{ name: string }>(`select name from gather."${history}" order by name`);
    return rows.map(({ name }) => name);
  };
  expect(await namesIn('engineMigration')).toEqual(own);
  expect(await namesIn('appMigration')).toEqual(ofShop);
});

test('pending migrations are asked for in two statements', async () => {
  shop.statements();
  expect(await pendingMigrations(shop.pools.pool, source)).toEqual([]);
  expect(shop.statements()).toHaveLength(2);
});

test('a database that cannot be reached is DATABASE_UNAVAILABLE', async () => {
  const nowhere = 'postgres://gather@127.0.0.1:1/gather';
  await expect(migrate(nowhere, source)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
});

test('a database of the layout before the first release is refused, and left as it is', async () => {
  const old = await createTestDatabase({}, 'template0');
  try {
    await old.ask('create table public."jobChange" (id bigint)');
    await expect(migrate(old.databaseUrl, source)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/before its first release.*Use an empty database/),
    });
    expect(await old.ask(`select from pg_namespace where nspname = 'gather'`)).toEqual([]);
  } finally {
    await old.drop();
  }
});

test.each([
  ['item_sku_key', `update item set sku = 'SKU-00001'`],
  ['item_price_check', 'update item set price = -0.01 where id = 1'],
  ['item_status_check', `update item set status = 'GONE' where id = 1`],
  ['item_calories_check', 'update item set calories = -1 where id = 1'],
  ['item_supplierId_fkey', 'update item set "supplierId" = 0 where id = 1'],
  ['review_rating_check', 'update review set rating = 6 where id = 1'],
  ['review_rating_check', 'update review set rating = 0 where id = 1'],
  ['review_customerId_fkey', 'delete from customer'],
])('%s holds against: %s', async (constraint, statement) => {
  await expect(shop.ask(statement)).rejects.toMatchObject({ constraint });
});

test('the reviews of an item go with it', async () => {
  await shop.ask('delete from item where id = 2');
  expect(await shop.ask('select from review where "itemId" = 2')).toEqual([]);
});

test('keys are given by the database only', async () => {
  await expect(shop.ask(`insert into task (id, title) values (1000, 'x')`)).rejects.toMatchObject({ code: '428C9' });
});

test('a price is rounded half away from zero to cents', async () => {
  const rows = await shop.ask('update item set price = 0.125 where id = 1 returning price');
  expect(rows).toEqual([{ price: '0.13' }]);
});
