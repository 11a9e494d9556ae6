import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PATIENT, startTestApp, type TestApp } from '../../../helpers/app.ts';
import { untilLeft } from '../../../helpers/left.ts';
import { lockTable } from '../../../helpers/lock.ts';

const TIMEOUT_MS = 1000;

const exceeded = {
  message: 'The operation did not finish within 1 seconds.',
  extensions: { code: 'DEADLINE_EXCEEDED', retryable: true },
};

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ ...PATIENT, operationTimeoutMs: TIMEOUT_MS });
});
afterEach(() => gather.services.reset());
afterAll(() => gather.close());

test('an operation past its deadline answers with what is there', async () => {
  await using _lock = await lockTable(gather.database.databaseUrl, 'review');
  gather.services.promo.fault = 'hang';
  gather.services.pricing.fault = 'hang';
  const start = performance.now();
  const { data, errors, extensions } = await gather.query(`{
    home { promo { title } featured(first: 1) { sku } }
    item(by: { sku: "SKU-00001" }) { name averageRating currentPrice stock supplier { name } }
  }`);
  const elapsed = performance.now() - start;
  // What is asked for would take for ever.
  expect(elapsed).toBeGreaterThanOrEqual(TIMEOUT_MS - 5);
  expect(data).toEqual({
    home: { promo: null, featured: [{ sku: 'SKU-00200' }] },
    item: {
      name: expect.any(String),
      averageRating: null,
      currentPrice: null,
      stock: expect.any(Number),
      supplier: { name: expect.any(String) },
    },
  });
  expect(errors).toHaveLength(3);
  expect(errors).toEqual(
    expect.arrayContaining(
      [
        ['home', 'promo'],
        ['item', 'averageRating'],
        ['item', 'currentPrice'],
      ].map((path) => ({
        ...exceeded,
        path,
        locations: expect.any(Array),
      })),
    ),
  );
  const outcomes = Object.fromEntries(extensions?.timing.calls.map(({ name, outcome }) => [name, outcome]) ?? []);
  expect(outcomes).toEqual({
    'promo.today': 'cancelled',
    'pricing.prices': 'cancelled',
    'inventory.stock': 'ok',
    averageRatingByItemId: 'cancelled',
    featured: 'ok',
    itemBySku: 'ok',
    supplierById: 'ok',
  });
  await untilLeft(gather, 0);
});

test('quotes one after another stop at the deadline, and those that came are there', async () => {
  gather.services.suppliers.fault = 'hang';
  gather.services.suppliers.isFaulty = (path) => !/^\/suppliers\/[01]\//.test(path);
  const { data, errors } = await gather.query('{ quotes(count: 10, mode: SEQUENTIAL) { quotes { price error } } }');
  const { quotes } = data.quotes;
  expect(quotes).toHaveLength(10);
  expect(quotes.slice(0, 2)).toEqual([0, 1].map(() => ({ price: expect.any(String), error: null })));
  expect(quotes.slice(2)).toEqual(Array(8).fill({ price: null, error: exceeded.message }));
  expect(errors).toEqual([exceeded]);
  await untilLeft(gather, 0);
  gather.cost();
  await sleep(400);
  expect(gather.cost().requests).toEqual([]);
});

test('quotes all at once that miss the deadline say so', async () => {
  gather.services.suppliers.fault = 'hang';
  const { data, errors } = await gather.query('{ quotes(count: 10) { quotes { price error } } }');
  expect(data.quotes.quotes).toEqual(Array(10).fill({ price: null, error: exceeded.message }));
  expect(errors).toEqual([exceeded]);
  await untilLeft(gather, 0);
});

test('a change past its deadline is not made', async () => {
  const lock = await lockTable(gather.database.databaseUrl, 'item');
  const { errors } = await gather.query(`mutation {
    repriceItems(input: { where: { price: { gte: "0" } }, percent: "100" }) { count }
  }`);
  expect(errors).toMatchObject([{ ...exceeded, path: ['repriceItems'] }]);
  await untilLeft(gather, 0);
  await lock[Symbol.asyncDispose]();
  expect(await gather.database.ask('select from item where version > 1')).toEqual([]);
});

test('nothing is left of fifty operations that miss their deadline at once, and the next is served', async () => {
  await using lock = await lockTable(gather.database.databaseUrl, 'item');
  const asked = Array.from({ length: 50 }, () => gather.query('{ menu { count first { name } } }'));
  for (const { data, errors = [] } of await Promise.all(asked)) {
    expect(data).toEqual({ menu: { count: null, first: null } });
    for (const error of errors) expect(error).toMatchObject(exceeded);
  }
  await untilLeft(gather, 0);
  await lock[Symbol.asyncDispose]();
  expect(await gather.query('{ menu { count } }')).toMatchObject({ data: { menu: { count: 200 } } });
});

test('an operation in time has no such error', async () => {
  gather.services.promo.delayMs = TIMEOUT_MS / 2;
  const { errors } = await gather.query('{ home { promo { title } } }');
  expect(errors).toBeUndefined();
});
