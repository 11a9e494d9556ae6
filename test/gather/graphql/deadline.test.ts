import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CLIENT_LEFT } from '../../../src/gather/errors.ts';
import { createDeadline } from '../../../src/gather/graphql/operations/deadline.ts';
import { PATIENT, startTestApp, type TestApp } from '../../helpers/app.ts';
import { untilLeft } from '../../helpers/left.ts';
import { lockTable } from '../../helpers/lock.ts';

const TIMEOUT_MS = 1000;

const exceeded = {
  message: 'The operation did not finish within 1 seconds (OPERATION_TIMEOUT_MS).',
  extensions: { code: 'DEADLINE_EXCEEDED', retryable: true },
};

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ ...PATIENT, operationTimeoutMs: TIMEOUT_MS });
});
afterEach(() => gather.services.reset());
afterAll(() => gather.close());

test('an operation past its deadline answers with what is there', async () => {
  await using _lock = await lockTable(gather.database.databaseUrl, 'lending.loan');
  gather.services.ratings.fault = 'hang';
  const start = performance.now();
  const { data, errors, extensions } = await gather.query(`{
    front { pick { title } newest(first: 1) { isbn } }
    book(by: { isbn: "ISBN-00001" }) { title isLent rating shelf author { name } }
  }`);
  const elapsed = performance.now() - start;
  // What is asked for would take for ever.
  expect(elapsed).toBeGreaterThanOrEqual(TIMEOUT_MS - 5);
  expect(data).toEqual({
    front: { pick: null, newest: [{ isbn: 'ISBN-00198' }] },
    book: {
      title: expect.any(String),
      isLent: null,
      rating: null,
      shelf: expect.any(String),
      author: { name: expect.any(String) },
    },
  });
  expect(errors).toHaveLength(3);
  expect(errors).toEqual(
    expect.arrayContaining(
      [
        ['front', 'pick'],
        ['book', 'isLent'],
        ['book', 'rating'],
      ].map((path) => ({
        ...exceeded,
        path,
        locations: expect.any(Array),
      })),
    ),
  );
  const outcomes = Object.fromEntries(extensions?.timing.calls.map(({ name, outcome }) => [name, outcome]) ?? []);
  expect(outcomes).toEqual({
    'ratings.getPick': 'cancelled',
    'ratings.getRatings': 'cancelled',
    'shelves.getShelves': 'ok',
    isLentByBookId: 'cancelled',
    newest: 'ok',
    bookByIsbn: 'ok',
    authorById: 'ok',
  });
  await untilLeft(gather, 0);
});

test('opinions one after another stop at the deadline, and those that came are there', async () => {
  gather.services.ratings.fault = 'hang';
  gather.services.ratings.isFaulty = (path) => !/^\/critics\/[01]\//.test(path);
  const { data, errors } = await gather.query(
    '{ opinions(count: 10, mode: SEQUENTIAL) { opinions { rating error } } }',
  );
  const { opinions } = data.opinions;
  expect(opinions).toHaveLength(10);
  expect(opinions.slice(0, 2)).toEqual([1, 2].map((rating) => ({ rating, error: null })));
  expect(opinions.slice(2)).toEqual(Array(8).fill({ rating: null, error: exceeded.message }));
  expect(errors).toEqual([exceeded]);
  await untilLeft(gather, 0);
  gather.cost();
  await sleep(400);
  expect(gather.cost().requests).toEqual([]);
});

test('opinions all at once that miss the deadline say so', async () => {
  gather.services.ratings.fault = 'hang';
  const { data, errors } = await gather.query('{ opinions(count: 10) { opinions { rating error } } }');
  expect(data.opinions.opinions).toEqual(Array(10).fill({ rating: null, error: exceeded.message }));
  expect(errors).toEqual([exceeded]);
  await untilLeft(gather, 0);
});

test('a change past its deadline is not made', async () => {
  const lock = await lockTable(gather.database.databaseUrl, 'book');
  const { errors } = await gather.query(`mutation {
    repriceBooks(input: { where: { price: { gte: "0" } }, percent: "100" }) { count }
  }`);
  expect(errors).toMatchObject([{ ...exceeded, path: ['repriceBooks'] }]);
  await untilLeft(gather, 0);
  await lock[Symbol.asyncDispose]();
  expect(await gather.database.ask('select from book where version > 1')).toEqual([]);
});

test('nothing is left of fifty operations that miss their deadline at once, and the next is served', async () => {
  await using lock = await lockTable(gather.database.databaseUrl, 'book');
  const asked = Array.from({ length: 50 }, () => gather.query('{ catalogue { count first { title } } }'));
  for (const { data, errors = [] } of await Promise.all(asked)) {
    expect(data).toEqual({ catalogue: { count: null, first: null } });
    for (const error of errors) expect(error).toMatchObject(exceeded);
  }
  await untilLeft(gather, 0);
  await lock[Symbol.asyncDispose]();
  expect(await gather.query('{ catalogue { count } }')).toMatchObject({ data: { catalogue: { count: 200 } } });
});

test('an operation in time has no such error', async () => {
  gather.services.ratings.delayMs = TIMEOUT_MS / 2;
  const { errors } = await gather.query('{ front { pick { title } } }');
  expect(errors).toBeUndefined();
});

test('an operation whose client has left before it begins is over', async () => {
  await using server = createServer().listen(0);
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port);
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [, res] = await once(server, 'request');
  client.destroy();
  await once(res, 'close');
  using deadline = createDeadline(new Request('http://localhost/'), { res }, TIMEOUT_MS);
  expect(deadline.signal.reason).toBe(CLIENT_LEFT);
});
