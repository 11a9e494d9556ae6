import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, pendingMigrations } from '../../src/gather/database/migrate.ts';
import type { Step } from '../../src/gather/step.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';
import { createTestDatabase, TEST_SOURCE, type TestDatabase } from '../helpers/database.ts';

const NAMES = ['0001-jobs', '0002-files', '0003-accounts', ...Object.keys(smokehouse.migrations)];

let empty: TestDatabase;
let shop: TestDatabase;

beforeAll(async () => {
  [empty, shop] = await Promise.all([createTestDatabase({}, 'template0'), createTestDatabase()]);
});
afterAll(() => Promise.all([empty.drop(), shop.drop()]));

test('servers that start at once migrate an empty database once', async () => {
  expect(await pendingMigrations(empty.pools.pool, TEST_SOURCE)).toEqual(NAMES);
  const steps: Step[] = [];
  await Promise.all(
    Array.from({ length: 8 }, () => migrate(empty.databaseUrl, TEST_SOURCE, (step) => steps.push(step))),
  );
  const done = steps.filter(({ ms }) => ms !== undefined).map(({ detail }) => detail);
  expect(done.toSorted()).toEqual([NAMES.join(', '), ...Array(7).fill('none to run')]);
  const applied = 'select name from gather."engineMigration" union all select name from gather."appMigration"';
  expect(await empty.ask(applied)).toHaveLength(NAMES.length);
});

test('pending migrations are asked for in two statements, the engine’s and the application’s', async () => {
  shop.statements();
  expect(await pendingMigrations(shop.pools.pool, TEST_SOURCE)).toEqual([]);
  expect(shop.statements()).toHaveLength(2);
});

test('a database that cannot be reached is DATABASE_UNAVAILABLE', async () => {
  await expect(migrate('postgres://gather@127.0.0.1:1/gather', TEST_SOURCE)).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
  });
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
