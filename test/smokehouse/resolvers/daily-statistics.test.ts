import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
  await gather.database.ask(`insert into "dailyStatistics" (date, orders, revenue, "averageRating") values
    ('2026-03-04', 0, 0, null), ('2026-03-01', 1, 12.5, 4.5), ('2026-03-05', 9, 90, 3), ('2026-03-02', 2, 20, 4.33)`);
});
beforeEach(() => {
  gather.cost();
});
afterAll(() => gather.close());

const QUERY = `query ($from: Date!, $to: Date!) {
  dailyStatistics(from: $from, to: $to) { date orders revenue averageRating } }`;

test('the days are read oldest first, the first and the last included; those never written are absent', async () => {
  const { data } = await gather.query(QUERY, { from: '2026-03-01', to: '2026-03-04' });
  expect(data.dailyStatistics).toEqual([
    { date: '2026-03-01', orders: 1, revenue: '12.50', averageRating: 4.5 },
    { date: '2026-03-02', orders: 2, revenue: '20.00', averageRating: 4.33 },
    { date: '2026-03-04', orders: 0, revenue: '0.00', averageRating: null },
  ]);
});

test('only what is asked for is read, in one statement', async () => {
  const { data } = await gather.query('{ dailyStatistics(from: "2026-03-05", to: "2026-03-05") { orders } }');
  expect(data.dailyStatistics).toEqual([{ orders: 9 }]);
  const { statements } = gather.cost();
  expect(statements).toHaveLength(1);
  expect(statements[0]).toContain('"orders"');
  expect(statements[0]).not.toContain('revenue');
});

test.each([
  ['2026-03-02', '2026-03-02', 1],
  ['2024-01-01', '2024-12-31', 366],
])('from %s to %s are %i days, which can be read', async (from, to) => {
  expect((await gather.query(QUERY, { from, to })).errors).toBeUndefined();
});

test.each([
  ['2026-03-02', '2026-03-01', 0],
  ['2025-01-01', '2026-01-02', 367],
])('from %s to %s are %i days, which cannot', async (from, to, days) => {
  const { errors } = await gather.query(QUERY, { from, to });
  expect(errors).toMatchObject([
    {
      message: `Expected the number of days from \`from\` to \`to\` from 1 to 366, got ${days}.`,
      extensions: { code: 'INVALID_INPUT', retryable: false },
    },
  ]);
  expect(gather.cost().statements).toEqual([]);
});

test('a day that there is not is refused', async () => {
  const { errors } = await gather.query(QUERY, { from: '2026-02-29', to: '2026-03-01' });
  expect(errors?.[0]?.message).toContain('Expected a calendar date, such as "2026-11-21", got "2026-02-29".');
});
