import { expect, test } from 'vitest';
import { toWords } from '../../../src/gather/monitoring/words.ts';

const time = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();

/** The words without the time, which is always the same. */
function words(line: object): string {
  return toWords(JSON.stringify({ level: 30, time, pid: 1, hostname: 'here', ...line })).replace(
    /^03:04:05\.006 |\n$/g,
    '',
  );
}

test('an operation is one aligned line without JSON', () => {
  const line = {
    operation: 'query Home',
    ms: 34.123,
    calls: { postgres: 2, ratings: 1 },
    slowest: { call: 'ratings.getRatings', ms: 30.01 },
    cost: 12.4,
    viewer: 'user:7',
    errors: 0,
    requestId: 'an-id',
  };
  expect(words(line)).toBe(
    `INFO  ${'query Home'.padEnd(28)}    34.1 ms postgres 2, ratings 1  slowest ratings.getRatings 30.0 ms  12.4 points  user:7`,
  );
});

test('what failed is said with its source, field and cause, and the request by which a client knows it', () => {
  const cause = { type: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' };
  const err = { type: 'DatabaseError', code: '42703', message: 'no column', at: ['src/a.ts:1', 'src/b.ts:2'], cause };
  const failures = [
    { code: 'UPSTREAM_TIMEOUT', source: 'ratings', path: 'book.rating', count: 1 },
    { code: 'INTERNAL_SERVER_ERROR', path: 'books.0.title', count: 5, err },
  ];
  expect(words({ level: 50, operation: 'query', errors: 6, failures, requestId: 'an-id' })).toBe(
    `ERROR ${'query'.padEnd(28)}            UPSTREAM_TIMEOUT of ratings at book.rating; ` +
      'INTERNAL_SERVER_ERROR at books.0.title 5 times: DatabaseError 42703: no column (src/a.ts:1, src/b.ts:2), ' +
      'because of Error ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1  request an-id',
  );
});

test('other fields are said by their names, whatever their shape', () => {
  const line = { msg: 'copied', files: ['a', 'b'], size: { x: 1, y: null }, isDone: true };
  expect(words(line)).toMatch(/^INFO {2}copied +files a, b {2}size x 1, y null {2}isDone true$/);
});

test('what a client sent can neither begin a line nor move the cursor', () => {
  const text = words({ msg: 'a\nb\r\x1b[2Jc\x9b1md\u0000' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
  expect(text).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
});
