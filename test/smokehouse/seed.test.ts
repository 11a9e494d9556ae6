import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/gather/database/migrate.ts';
import type { Step } from '../../src/gather/step.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';
import { seed } from '../../src/smokehouse/seed/seed.ts';
import { createTestDatabase, TEST_SCHEMAS, type TestDatabase } from '../helpers/database.ts';

const source = { ...TEST_SCHEMAS, migrations: smokehouse.migrations };

let template: TestDatabase;
let fresh: TestDatabase;

beforeAll(async () => {
  [template, fresh] = await Promise.all([createTestDatabase(), createTestDatabase({}, { isEmpty: true })]);
  await migrate(fresh.databaseUrl, source);
});
afterAll(() => Promise.all([template.drop(), fresh.drop()]));

test('a shop is filled once, however many servers do it, and says how far it is', async () => {
  const steps: Step[] = [];
  await Promise.all(
    Array.from({ length: 4 }, () => seed(fresh.databaseUrl, { size: 'shop', onStep: (step) => steps.push(step) })),
  );
  const all = '100 suppliers, 1,000 items, 500 customers, 10,000 reviews, 30 tasks, 600 orders, 30 days of statistics';
  expect(await countRows(fresh)).toEqual([
    { supplier: '100', item: '1000', customer: '500', review: '10000', task: '30' },
  ]);
  expect(steps.filter(({ ms }) => ms !== undefined).map(({ detail }) => detail)).toContain(all);
  expect(steps.filter(({ detail }) => detail === 'already there')).toHaveLength(6);
  expect(steps).toContainEqual({ what: 'sample data', detail: '4,000 reviews' });
});

test('a shop looks like one', async () => {
  const [items] = await fresh.ask(`
    select count(*) filter (where status = 'ACTIVE') between 800 and 900 as active,
      count(*) filter (where calories is null) between 250 and 400 as unmeasured,
      min(sku) = 'SKU-00001' and max(sku) = 'SKU-01000' as numbered,
      min(price) >= 1 and max(price) <= 200 as priced,
      count(distinct name) > 700 as varied
    from item`);
  expect(items).toEqual({ active: true, unmeasured: true, numbered: true, priced: true, varied: true });
  const [reviews] = await fresh.ask(`
    select min(reviews) = 0 as none, max(reviews) > 200 as many
    from (select count(review.id) as reviews from item left join review on "itemId" = item.id group by item.id)`);
  expect(reviews).toEqual({ none: true, many: true });
});

test('a shop has orders, and statistics of the last thirty days that agree with them', async () => {
  const statistics = await fresh.ask(`
    select count(*)::integer as days, sum(orders)::integer as orders,
      sum(revenue) = (select sum(quantity * price) from "orderLine") as earned,
      sum(revenue) = (select sum(total) from "order") as added,
      max(date) = (now() at time zone 'UTC')::date - 1 as recent, count("averageRating")::integer as rated
    from "dailyStatistics"`);
  expect(statistics).toEqual([{ days: 30, orders: 600, earned: true, added: true, recent: true, rated: 30 }]);
  const [orders] = await fresh.ask(`
    select min(lines) = 1 as small, max(lines) = 4 as large
    from (select count(*) as lines from "orderLine" group by "orderId")`);
  expect(orders).toEqual({ small: true, large: true });
});

test('the first twenty items have at least six reviews each', async () => {
  for (const shop of [template, fresh]) {
    const rows = await shop.ask<{ reviews: number }>(`
      select count(review.id)::integer as reviews
      from (select id from item order by id limit 20) as item left join review on "itemId" = item.id
      group by item.id`);
    expect(rows).toHaveLength(20);
    expect(Math.min(...rows.map(({ reviews }) => reviews))).toBeGreaterThanOrEqual(6);
  }
});

test('a seed that was rolled back and done again gives the same shop', async () => {
  const again = await createTestDatabase({}, { isEmpty: true });
  try {
    await migrate(again.databaseUrl, source);
    // Uses up keys, as an interrupted seed does.
    await again
      .ask(`begin; insert into item (sku, name, price, "supplierId") values ('x', 'x', 1, 1); rollback`)
      .catch(() => {});
    await seed(again.databaseUrl, { size: 'test' });
    expect(await fingerprint(again)).toEqual(await fingerprint(template));
  } finally {
    await again.drop();
  }
});

function countRows(shop: TestDatabase) {
  return shop.ask(`
    select (select count(*) from supplier) as supplier, (select count(*) from item) as item,
      (select count(*) from customer) as customer, (select count(*) from review) as review,
      (select count(*) from task) as task`);
}

/** Everything but the keys. */
function fingerprint(shop: TestDatabase) {
  return shop.ask(`
    select md5(string_agg(concat_ws('|', review.text, rating, review."createdAt", sku, item.name, description, status,
      price, calories, item."createdAt", customer.name, customer.city, supplier.name, supplier.city), '\n'
      order by review.id)) as reviews,
      (select md5(string_agg(concat_ws('|', title, done, "createdAt", "completedAt"), '\n' order by id)) from task) as tasks
    from review join item on item.id = "itemId" join customer on customer.id = "customerId"
      join supplier on supplier.id = "supplierId"`);
}
