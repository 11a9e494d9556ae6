import { expect, test } from 'vitest';
import { DateScalar, DateTime, URLScalar } from '../../src/resolvers/scalars.ts';

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
    `Expected a day of the calendar, such as "2026-11-21", got ${JSON.stringify(day)}.`,
  );
});

test.each([
  '2026-11-21T09:05:00Z',
  '2026-11-21t09:05:00z',
  '2026-11-21T09:05:00.123456Z',
  '2026-11-21T23:59:59+14:00',
  '2024-02-29T00:00:00-03:30',
])('%s is an instant', (instant) => {
  expect(DateTime.coerceInputValue(instant)).toBe(instant);
});

test.each([
  '2026-11-21',
  '2026-11-21T09:05:00',
  '2026-11-21 09:05:00Z',
  '2026-02-30T00:00:00Z',
  '2026-11-21T24:00:00Z',
  '2026-11-21T09:60:00Z',
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
