import { parseConstValue } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DateScalar, DateTime, URLScalar } from '../../../src/gather/graphql/scalars.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test.each(['0001-01-01', '2024-02-29', '2026-11-21', '9999-12-31'])('%s is a day', (day) => {
  expect(DateScalar.coerceInputValue(day)).toBe(day);
});

test.each([
  '0000-01-01',
  '2026-02-29',
  '2026-13-01',
  '2026-00-10',
  '2026-04-31',
  '2026-1-1',
  '2026-11-21T00:00',
  '',
  20261121,
  null,
])('%j is no day', (day) => {
  expect(() => DateScalar.coerceInputValue(day)).toThrow(
    `Expected a calendar date, such as "2026-11-21", got ${JSON.stringify(day)}.`,
  );
});

test.each([
  ['2026-11-21T09:05:00Z', '2026-11-21T09:05:00Z'],
  ['2026-11-21t09:05:00z', '2026-11-21T09:05:00Z'],
  ['2026-11-21T09:05:00.123456Z', '2026-11-21T09:05:00.123456Z'],
  ['2026-11-21T23:59:59+14:00', '2026-11-21T09:59:59Z'],
  ['2024-02-29T00:00:00-03:30', '2024-02-29T03:30:00Z'],
  ['2026-11-21T00:00:00+15:59', '2026-11-20T08:01:00Z'],
])('%s is an instant, and PostgreSQL takes it for %s', async (given, instant) => {
  const text = DateTime.coerceInputValue(given);
  const [row] = await database.ask<{ read: string }>(
    `select ($1::timestamptz at time zone 'UTC')::text || '+00' as read`,
    [text],
  );
  expect(DateTime.coerceOutputValue(row?.read)).toBe(instant);
});

test.each([
  '2026-11-21',
  '2026-11-21T09:05:00',
  '2026-11-21 09:05:00Z',
  '2026-02-30T00:00:00Z',
  '2026-11-21T24:00:00Z',
  '2026-11-21T09:60:00Z',
  '2026-11-21T09:05:60Z',
  '2026-11-21T09:05:00+16:00',
  1,
  null,
])('%j is no instant', (instant) => {
  expect(() => DateTime.coerceInputValue(instant)).toThrow(
    `Expected an instant, such as "2026-11-21T09:05:00Z", got ${JSON.stringify(instant)}.`,
  );
});

test('a URL is absolute', () => {
  expect(URLScalar.coerceInputValue('https://example.com/a?b#c')).toBe('https://example.com/a?b#c');
  for (const value of ['/a', 'example.com', '', 7, null]) {
    expect(() => URLScalar.coerceInputValue(value)).toThrow(
      `Expected an absolute URL, such as "https://example.com/", got ${JSON.stringify(value)}.`,
    );
  }
});

test('what stands in the operation itself is held to the same', () => {
  expect(DateScalar.coerceInputLiteral?.(parseConstValue('"2026-11-21"'))).toBe('2026-11-21');
  expect(() => DateScalar.coerceInputLiteral?.(parseConstValue('20261121'))).toThrow('got 20261121.');
  expect(DateTime.coerceInputLiteral?.(parseConstValue('"2026-11-21T09:05:00Z"'))).toBe('2026-11-21T09:05:00Z');
  expect(() => DateTime.coerceInputLiteral?.(parseConstValue('"2026-11-21"'))).toThrow('got "2026-11-21".');
  expect(URLScalar.coerceInputLiteral?.(parseConstValue('"https://example.com/"'))).toBe('https://example.com/');
  expect(() => URLScalar.coerceInputLiteral?.(parseConstValue('"/a"'))).toThrow('got "/a".');
});
