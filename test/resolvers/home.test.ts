import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../helpers/app.ts';

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
  const { data } = await gather.query(`{ home { promo { item { sku } } recommendations { item { sku } } } }`);
  expect(data.home.promo.item.sku).toBe('SKU-00003');
  expect(gather.cost().statements.length).toBeLessThanOrEqual(2);
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

test('the parts of the home page are read at the same time: it takes as long as the slowest', async () => {
  await gather.query(HOME);
  gather.services.promo.delayMs = 300;
  gather.services.recommendations.delayMs = 400;
  const start = performance.now();
  const { extensions } = await gather.query(HOME);
  const elapsed = performance.now() - start;
  expect(elapsed).toBeGreaterThan(399);
  expect(elapsed).toBeLessThan(600);
  const starts = extensions?.timing.calls.filter(({ kind }) => kind === 'http').map(({ start: at }) => at) ?? [];
  expect(starts).toHaveLength(2);
  expect(Math.max(...starts)).toBeLessThan(100);
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
