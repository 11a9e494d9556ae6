import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/gather/database/migrate.ts';
import { installQueues } from '../../src/gather/jobs/install.ts';
import { findTestPostgres } from '../../src/gather/testing/postgres.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';
import { seed } from '../../src/smokehouse/seed/seed.ts';
import { createTestDatabase, TEST_SCHEMAS, type TestDatabase } from '../helpers/database.ts';
import { startPooler } from '../helpers/pooler.ts';

let shop: TestDatabase;

beforeAll(async () => {
  shop = await createTestDatabase();
});
afterAll(() => shop.drop());

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

test.each(['refuse', 'ignore'] as const)(
  'a shop is migrated and filled behind a pooler that does %s start-up parameters',
  async (others) => {
    await using pooler = await startPooler(await findTestPostgres(), others);
    const empty = await createTestDatabase({}, { isEmpty: true });
    try {
      const databaseUrl = pooler.urlOf(empty.databaseUrl);
      await migrate(databaseUrl, { ...TEST_SCHEMAS, ...smokehouse });
      await installQueues(databaseUrl, { ...TEST_SCHEMAS, ...smokehouse });
      await seed(databaseUrl, { size: 'test' });
      expect(await empty.ask('select from item')).toHaveLength(200);
      expect(pooler.refused).toEqual([]);
    } finally {
      await empty.drop();
    }
  },
);
