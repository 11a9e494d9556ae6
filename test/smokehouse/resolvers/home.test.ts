import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { lockTable } from '../../helpers/lock.ts';
import { holdTimeouts } from '../../helpers/timeouts.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(() => gather.close());

const HOME = `{ home {
  promo { title text item { name } }
  recommendations { reason item { sku name } }
  featured { sku status }
} }`;

test('the home page has the promo, what is recommended, and the newest items on sale', async () => {
  const { data, errors } = await gather.query(HOME);
  expect(errors).toBeUndefined();
  const { promo, recommendations, featured } = data.home;
  expect(promo).toEqual({ title: 'Brisket week', text: 'Twelve hours over oak.', item: { name: expect.any(String) } });
  expect(recommendations).toHaveLength(10);
  const newest = await gather.database.ask(
    `select sku, status from item where status = 'ACTIVE' order by id desc limit 5`,
  );
  expect(featured).toEqual(newest);
});

test('the items recommended are read in one batch, in the order of the service', async () => {
  const skus = ['SKU-00009', 'SKU-00003', 'SKU-00120'];
  recommend(...skus);
  const { data } = await gather.query(`{ home { recommendations { reason item { sku name } } featured { sku } } }`);
  expect(data.home.recommendations.map((each: Recommended) => each.item?.sku)).toEqual(skus);
  const { statements, requests } = gather.cost();
  expect(statements).toHaveLength(2);
  expect(requests).toEqual(['/recommendations?limit=10']);
});

test('the item of the promo joins the batch of those recommended where they come together', async () => {
  gather.services.promo.answer = { status: 200, body: { title: 'Both', text: '', sku: 'SKU-00003' } };
  recommend('SKU-00003', 'SKU-00004');
  // Both come while a statement is under way, for which batches wait.
  using _ = holdTimeouts();
  const lock = await lockTable(gather.database.databaseUrl, 'task');
  gather.cost();
  const answer = gather.query(`{
    tasks(first: 1) { nodes { id } }
    home { promo { item { sku } } recommendations { item { sku } } }
  }`);
  await eventually(() => expect(gather.services.promo.requests).toHaveLength(1));
  await eventually(() => expect(gather.services.recommendations.requests).toHaveLength(1));
  const open = () => [gather.services.promo, gather.services.recommendations].flatMap((service) => service.open);
  while (open().length > 0) await new Promise(setImmediate);
  for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate);
  await lock[Symbol.asyncDispose]();
  const { data } = await answer;
  expect(data.home.promo.item.sku).toBe('SKU-00003');
  expect(gather.cost().statements).toEqual([
    expect.stringContaining('from "public"."task"'),
    expect.stringContaining('from "public"."item"'),
  ]);
});

test('an item recommended that the shop does not have is null, and the others stand', async () => {
  recommend('SKU-00001', 'SKU-99999', 'a \0 b', 'SKU-00002');
  const { data, errors } = await gather.query(`{ home { recommendations { reason item { sku } } } }`);
  expect(errors).toBeUndefined();
  const items = data.home.recommendations.map((each: Recommended) => each.item);
  expect(items).toEqual([{ sku: 'SKU-00001' }, null, null, { sku: 'SKU-00002' }]);
  expect(gather.cost().statements).toHaveLength(1);
});

test('a day without a promotion has none, and says no error', async () => {
  gather.services.promo.answer = { status: 204 };
  const { data, errors } = await gather.query(HOME);
  expect(errors).toBeUndefined();
  expect(data.home.promo).toBeNull();
  expect(data.home.featured).toHaveLength(5);
});

test('a promotion need not be of an item', async () => {
  gather.services.promo.answer = { status: 200, body: { title: 'Fair', text: 'On Sunday.' } };
  const { data, errors } = await gather.query(`{ home { promo { title item { name } } } }`);
  expect(errors).toBeUndefined();
  expect(data.home.promo).toEqual({ title: 'Fair', item: null });
  expect(gather.cost().statements).toHaveLength(0);
});

test('the parts of the home page are read at the same time', async () => {
  const { promo, recommendations } = gather.services;
  const allAsked = Promise.withResolvers<void>();
  promo.gate = allAsked.promise;
  recommendations.gate = allAsked.promise;
  const answer = gather.query(HOME);
  await eventually(() => expect([...promo.open, ...recommendations.open]).toHaveLength(2));
  const statements: string[] = [];
  await eventually(() => {
    statements.push(...gather.database.statements());
    expect(statements).toEqual([expect.stringContaining('from "public"."item"')]);
  });
  allAsked.resolve();
  expect((await answer).errors).toBeUndefined();
});

test('the number of featured items is asked for, from 0 to 100', async () => {
  const { data } = await gather.query(
    `{ home { none: featured(first: 0) { sku } all: featured(first: 100) { sku } } }`,
  );
  expect(data.home.none).toEqual([]);
  expect(data.home.all).toHaveLength(100);
  for (const first of [-1, 101]) {
    const answer = await gather.query(`{ home { featured(first: ${first}) { sku } } }`);
    expect(answer.errors?.[0]).toMatchObject({
      message: `Expected \`first\` from 0 to 100, got ${first}.`,
      path: ['home', 'featured'],
      extensions: { code: 'INVALID_INPUT' },
    });
  }
});

interface Recommended {
  item: { sku: string } | null;
}

function recommend(...skus: string[]): void {
  const recommendations = skus.map((sku) => ({ sku, reason: 'New' }));
  gather.services.recommendations.answer = { status: 200, body: { recommendations } };
}
