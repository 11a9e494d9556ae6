import { fileURLToPath } from 'node:url';
import { GraphQLError } from 'graphql';
import { expect, test } from 'vitest';
import { GatherError } from '../../../src/gather/errors.ts';
import { describeError } from '../../../src/gather/monitoring/describe-error.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

test('an error is its class, its message, its code and where in the project it comes from', () => {
  const error = Object.assign(new TypeError('x is not a function'), {
    code: '42703',
    query: 'select 1',
    parameters: [1],
  });
  error.stack = `TypeError: x is not a function
    at Parser.parse (${ROOT}node_modules/pg/lib/parser.js:1:2)
    at async Database.run (file://${ROOT}src/database/database.ts:163:13)
    at async Database.run (file://${ROOT}src/database/database.ts:52:13)
    at ${ROOT}src/shop/place-order.ts:42:7
    at order (${ROOT}src/resolvers/Order.ts:3:7)
    at order (${ROOT}src/resolvers/Query.ts:3:7)`;
  expect(describeError(error)).toEqual({
    type: 'TypeError',
    message: 'x is not a function',
    code: '42703',
    at: ['src/database/database.ts:163', 'src/shop/place-order.ts:42', 'src/resolvers/Order.ts:3'],
  });
});

test('what is behind it is said in the same way, and no deeper than three levels', () => {
  const deep = [1, 2, 3, 4, 5].reduce<Error>((cause, n) => new Error(`${n}`, { cause }), new Error('0'));
  const error = new GatherError('DATABASE_UNAVAILABLE', 'Gone.', { cause: deep });
  expect(describeError(error)).toMatchObject({
    type: 'GatherError',
    code: 'DATABASE_UNAVAILABLE',
    cause: { message: '5', cause: { message: '4', cause: { message: '3' } } },
  });
  expect(JSON.stringify(describeError(error))).not.toContain('"2"');
  const all = new AggregateError([new Error('IPv6'), new Error('IPv4')], 'both');
  expect(describeError(all)).toMatchObject({ message: 'both', cause: [{ message: 'IPv6' }, { message: 'IPv4' }] });
});

test('of an error that GraphQL has located it is the one underneath, with the path', () => {
  const error = new GraphQLError('no', { path: ['items', 0, 'price'], originalError: new RangeError('no') });
  expect(describeError(error)).toMatchObject({ type: 'RangeError', message: 'no', path: 'items.0.price' });
});

test.each([
  ['a word', { type: 'string', message: 'a word' }],
  [undefined, { type: 'undefined', message: 'undefined' }],
  [{ secret: 1 }, { type: 'object', message: '' }],
  [
    { message: 'a copy', secret: 1 },
    { type: 'Object', message: 'a copy' },
  ],
])('what is no error is said too: %s', (thrown, expected) => {
  expect(describeError(thrown)).toEqual(expected);
});

test.each([
  [`no such file: ${ROOT}src/shop/about.json`, 'no such file: src/shop/about.json'],
  [`broken\n    at Object.<anonymous> (${ROOT}src/a.ts:1:1)\n    at b`, 'broken'],
  [messageOf(() => JSON.parse('{"a": hunter2}')), `Unexpected token 'h' is not valid JSON`],
  ['Enum "Status" cannot represent value: "hunter2"', 'Enum "Status" cannot represent value'],
  ['invalid input syntax for type integer: "hunter2"', 'invalid input syntax for type integer'],
  ['a'.repeat(2000), 'a'.repeat(1000)],
])('the message %j is logged as %j', (message, expected) => {
  expect(describeError(new Error(message)).message).toBe(expected);
});

function messageOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
