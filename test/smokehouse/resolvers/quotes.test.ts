import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(() => gather.close());

const ROUND = `query ($count: Int = 10, $mode: FetchMode = CONCURRENT) {
  quotes(count: $count, mode: $mode) { elapsed message quotes { supplier price error } }
}`;

test('suppliers are asked all at once, or one after another, which takes as long as all together', async () => {
  const { suppliers } = gather.services;
  const allAsked = Promise.withResolvers<void>();
  suppliers.gate = allAsked.promise;
  const asked = ask({ mode: 'CONCURRENT' });
  await eventually(() => expect(suppliers.open).toHaveLength(10));
  allAsked.resolve();
  const concurrent = await asked;
  suppliers.delayMs = 100;
  const sequential = await ask({ mode: 'SEQUENTIAL' });
  expect(sequential.elapsed).toBeGreaterThan(0.98);
  expect(sequential.quotes).toEqual(concurrent.quotes);
});

test('the payload says how long the round took', async () => {
  gather.services.suppliers.delayMs = 100;
  const start = performance.now();
  const { elapsed, message } = await ask({ count: 10 });
  expect(elapsed).toBeLessThan((performance.now() - start) / 1000);
  expect(message).toMatch(/^fetched 10 quotes in \d+\.\d\d seconds$/);
  expect(message).toBe(`fetched 10 quotes in ${elapsed.toFixed(2)} seconds`);
});

test('one quote is not called quotes', async () => {
  expect((await ask({ count: 1 })).message).toMatch(/^fetched 1 quote in \d+\.\d\d seconds$/);
});

test('ten suppliers are asked unless another number is given, each once, in their order', async () => {
  const { quotes } = await ask({});
  expect(quotes).toHaveLength(10);
  expect(quotes[0]).toEqual({ supplier: 'Oak & Ember', price: expect.stringMatching(/^\d+\.\d\d$/), error: null });
  const { statements, requests } = gather.cost();
  expect(requests.toSorted()).toEqual([...Array(10).keys()].map((number) => `/suppliers/${number}/quote`));
  expect(statements).toHaveLength(0);
});

test('a hundred suppliers can be asked', async () => {
  expect((await ask({ count: 100 })).quotes).toHaveLength(100);
  expect(gather.cost().requests).toHaveLength(100);
});

test.each([0, 101, -1])('%i suppliers cannot be asked', async (count) => {
  const { data, errors } = await gather.query(ROUND, { count });
  expect(data).toEqual({ quotes: null });
  expect(errors).toEqual([
    expect.objectContaining({
      message: `Expected \`count\` from 1 to 100, got ${count}.`,
      path: ['quotes'],
      extensions: { code: 'INVALID_INPUT', retryable: false },
    }),
  ]);
  expect(gather.cost().requests).toHaveLength(0);
});

test.each(['CONCURRENT', 'SEQUENTIAL'])('a supplier that fails is a quote with its error, asked %s', async (mode) => {
  gather.services.suppliers.delayMs = 5;
  const { quotes } = await ask({ count: 21, mode });
  expect(quotes[19]).toEqual({ supplier: 'Supplier 19', price: null, error: 'Supplier 19 is closed.' });
  const others = quotes.filter((_, number) => number !== 19);
  expect(others).toHaveLength(20);
  expect(others.every(({ supplier, price, error }) => supplier && price && error === null)).toBe(true);
});

test('the message counts what was fetched, and not what was asked for', async () => {
  gather.services.suppliers.fault = 'garbage';
  gather.services.suppliers.isFaulty = (path) => !/\/[0-2]\//.test(path);
  const { quotes, message } = await ask({ count: 10 });
  expect(quotes.filter(({ price }) => price !== null)).toHaveLength(3);
  expect(message).toMatch(/^fetched 3 of 10 quotes in \d+\.\d\d seconds$/);
  gather.services.suppliers.isFaulty = () => true;
  expect((await ask({ count: 1 })).message).toMatch(/^fetched 0 of 1 quote in \d+\.\d\d seconds$/);
});

test('where no supplier answers, each is a quote with its error', async () => {
  gather.services.suppliers.fault = 'garbage';
  const { data, errors } = await gather.query(ROUND, { count: 3 });
  expect(errors).toBeUndefined();
  expect(data.quotes.quotes).toHaveLength(3);
  expect(data.quotes.quotes.every((quote: Quote) => quote.price === null && quote.error)).toBe(true);
});

interface Quote {
  supplier: string;
  price: string | null;
  error: string | null;
}

interface Round {
  elapsed: number;
  message: string;
  quotes: Quote[];
}

async function ask(variables: Record<string, unknown>): Promise<Round> {
  const { data, errors } = await gather.query(ROUND, variables);
  expect(errors).toBeUndefined();
  return data.quotes;
}
