import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { writeDailyStatistics } from '../../../src/smokehouse/statistics/daily-statistics.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

beforeEach(() => database.ask('truncate "order", review, "dailyStatistics" cascade'));

afterAll(() => database.drop());

test('a day has the orders, the revenue and the mean rating that came in between its midnights', async () => {
  await order('2026-03-01T23:59:59.999999Z', '100.00');
  await order('2026-03-02T00:00:00Z', '0.10');
  await order('2026-03-02T23:59:59.999999Z', '0.20');
  await order('2026-03-03T00:00:00Z', '200.00');
  for (const rating of [5, 4, 4]) await review('2026-03-02T12:00:00Z', rating);
  await review('2026-03-03T12:00:00Z', 1);
  expect(await write('UTC', '2026-03-02')).toEqual({ from: '2026-03-02', to: '2026-03-02' });
  expect(await written()).toEqual([{ date: '2026-03-02', orders: 2, revenue: '0.30', averageRating: 4.33 }]);
});

test('a day on which nothing happened has zeros, and no rating', async () => {
  await write('UTC', '2026-03-02');
  expect(await written()).toEqual([{ date: '2026-03-02', orders: 0, revenue: '0.00', averageRating: null }]);
});

test('done again it comes to the same, or to what has come in since', async () => {
  await order('2026-03-02T10:00:00Z', '12.50');
  await write('UTC', '2026-03-02');
  const first = await written();
  await write('UTC', '2026-03-02');
  expect(await written()).toEqual(first);
  await order('2026-03-02T11:00:00Z', '7.50');
  await write('UTC', '2026-03-02');
  expect(await written()).toEqual([{ date: '2026-03-02', orders: 2, revenue: '20.00', averageRating: null }]);
});

test.each([
  // Clocks go forward: 23 hours, from 06:00 to 05:00 UTC.
  ['America/Chicago', '2026-03-08', '2026-03-08T06:00:00Z', '2026-03-09T05:00:00Z'],
  // Clocks go back: 25 hours.
  ['America/Chicago', '2026-11-01', '2026-11-01T05:00:00Z', '2026-11-02T06:00:00Z'],
  ['Asia/Tokyo', '2026-03-02', '2026-03-01T15:00:00Z', '2026-03-02T15:00:00Z'],
  // The clocks go forward at midnight, so that the day begins at one.
  ['America/Santiago', '2025-09-07', '2025-09-07T04:00:00Z', '2025-09-08T03:00:00Z'],
])('in %s the day %s is from %s to %s', async (timeZone, day, start, end) => {
  await order(justBefore(start), '1.00');
  await order(start, '10.00');
  await order(justBefore(end), '100.00');
  await order(end, '1000.00');
  await write(timeZone, day);
  expect(await written()).toEqual([{ date: day, orders: 2, revenue: '110.00', averageRating: null }]);
});

test('without a day it is yesterday, and then each day that is missing since', async () => {
  const [{ today } = { today: '' }] = await database.ask<{ today: string }>('select current_date::text as today');
  const yesterday = addDays(today, -1);
  expect(await write('UTC')).toEqual({ from: yesterday, to: yesterday });
  expect(await write('UTC')).toEqual({ from: yesterday, to: yesterday });
  await database.ask('truncate "dailyStatistics"');
  await write('UTC', addDays(today, -5));
  expect(await write('UTC')).toEqual({ from: addDays(today, -4), to: yesterday });
  expect((await written()).map(({ date }) => date)).toEqual([-5, -4, -3, -2, -1].map((days) => addDays(today, days)));
});

test('after years a year is written', async () => {
  const [{ today } = { today: '' }] = await database.ask<{ today: string }>('select current_date::text as today');
  await write('UTC', '2020-01-01');
  expect(await write('UTC')).toEqual({ from: addDays(today, -366), to: addDays(today, -1) });
  expect(await written()).toHaveLength(367);
});

test('a day that is not over is refused', async () => {
  const [{ today } = { today: '' }] = await database.ask<{ today: string }>('select current_date::text as today');
  await expect(write('UTC', today)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    retryable: false,
    message: `Expected a day that is over, ${addDays(today, -1)} or before, got ${today}.`,
  });
});

function write(timeZone: string, day?: string) {
  return writeDailyStatistics(database.database, timeZone, day);
}

function written() {
  return database.ask<{ date: string; orders: number; revenue: string; averageRating: number | null }>(
    'select date::text, orders, revenue, "averageRating" from "dailyStatistics" order by date',
  );
}

async function order(createdAt: string, total: string) {
  await database.ask('insert into "order" (total, "createdAt") values ($1, $2)', [total, createdAt]);
}

async function review(createdAt: string, rating: number) {
  await database.ask(
    `insert into review ("itemId", "customerId", rating, text, "createdAt")
     select (select min(id) from item), (select min(id) from customer), $1, '', $2`,
    [rating, createdAt],
  );
}

function justBefore(instant: string): string {
  return new Date(Date.parse(instant) - 1).toISOString();
}

function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * 86_400_000).toISOString().slice(0, 10);
}
