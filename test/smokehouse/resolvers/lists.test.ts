import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(() => void gather.cost());
afterAll(() => gather.close());

test('items of suppliers in a city, with a bad review and none that is good, are one statement', async () => {
  const { data, errors } = await gather.query(`{
    menu(where: {
      supplier: { city: { eq: "Kansas City" } }
      reviews: { some: { rating: { lte: 2 } }, none: { rating: { eq: 5 } } }
    }) { items(first: 100) { nodes { sku } } }
  }`);
  expect(errors).toBeUndefined();
  expect(gather.cost().statements).toHaveLength(1);
  const expected = await gather.database.ask(`
    select sku from item join supplier on supplier.id = "supplierId" where city = 'Kansas City'
      and exists (select from review where "itemId" = item.id and rating <= 2)
      and not exists (select from review where "itemId" = item.id and rating = 5) order by item.id limit 100`);
  expect(expected.length).toBeGreaterThan(0);
  expect(data.menu.items.nodes).toEqual(expected);
});

test('the worst reviews of each item of each supplier are three statements', async () => {
  const { data, errors } = await gather.query(`{
    menu { items(first: 3) { nodes { supplier { items(first: 2, where: { status: { eq: ACTIVE } }, orderBy: { field: PRICE }) { nodes {
      sku reviews(first: 2, where: { rating: { lt: 4 } }, orderBy: [{ field: RATING }, { field: CREATED_AT }]) { nodes { rating } }
    } } } } } }
  }`);
  expect(errors).toBeUndefined();
  // The items, their suppliers, the suppliers' items, and the reviews of these.
  expect(gather.cost().statements).toHaveLength(4);
  const [{ supplier }] = data.menu.items.nodes;
  expect(supplier.items.nodes).toEqual(
    await gather.database.ask(`
      select sku, json_build_object('nodes', (
        select coalesce(json_agg(json_build_object('rating', rating)), '[]') from (
          select rating from review where "itemId" = item.id and rating < 4 order by rating, "createdAt", id limit 2
        ) worst
      )) as reviews
      from item where "supplierId" = (select "supplierId" from item where id = 1) and status = 'ACTIVE'
      order by price, id limit 2`),
  );
});

test('words are found in any form, by their index', async () => {
  await gather.database.ask(`update item set description = 'Smoked over cherry trees.' where id in (5, 8)`);
  const query = '{ menu(where: { matches: "tree of cherries" }) { items { nodes { id } } } }';
  const { data } = await gather.query(query);
  expect(data.menu.items.nodes).toEqual([{ id: btoa('Item:5') }, { id: btoa('Item:8') }]);
  const [text = ''] = gather.cost().statements;
  const plan = await gather.database.ask<{ 'QUERY PLAN': string }>(
    `explain ${text.replace('$2', '21').replace('$1', `'tree of cherries'`)}`,
  );
  expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('item_words_idx');
});
