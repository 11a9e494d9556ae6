import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PATIENT, STAFF_HEADERS, startTestApp, type TestApp } from '../../helpers/app.ts';
import { type Sent, send } from '../../helpers/client.ts';
import { untilLeft } from '../../helpers/left.ts';
import { lockTable } from '../../helpers/lock.ts';

/** Two statements that wait for a lock, and six calls that wait for their services. */
const SLOW_PAGE = `{
  catalogue { count books(first: 5) { nodes { title author { name } rating } } }
  front { pick { title } arrivals { book { title } } }
  opinions(count: 4) { message }
}`;
const UNDER_WAY = 8;

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp(PATIENT);
  ({ url } = await gather.app.start());
  // A statement that has never run, as one that is slow, runs twice at a time for a client.
  await gather.query(SLOW_PAGE);
});
afterEach(() => gather.services.reset());
afterAll(() => gather.close());

/** The two ways to send an operation, and to leave. */
const CLIENTS: [string, (query: string, headers?: Record<string, string>) => Pick<Sent, 'leave'>][] = [
  ['in process', leaveInProcess],
  ['on a socket', (query, headers) => send(url, query, headers)],
];

describe.each(CLIENTS)('when a client %s leaves', (_, ask) => {
  test('no statement and no request of its operation is left', async () => {
    await using _lock = await lockTable(gather.database.databaseUrl, 'book');
    hangServices();
    const client = ask(SLOW_PAGE);
    await untilLeft(gather, UNDER_WAY);
    client.leave();
    await untilLeft(gather, 0);
  });

  test('nothing of its operation begins', async () => {
    const lock = await lockTable(gather.database.databaseUrl, 'book');
    gather.services.ratings.delayMs = 100;
    const client = ask(`{
      catalogue { books(first: 5) { nodes { author { name } rating shelf } } }
      opinions(count: 20, mode: SEQUENTIAL) { message }
    }`);
    await untilLeft(gather, 2);
    client.leave();
    await untilLeft(gather, 0);
    gather.cost();
    await lock[Symbol.asyncDispose]();
    await sleep(300);
    expect(gather.cost()).toEqual({ statements: [], requests: [] });
  });

  test('what it has begun to change is not changed', async () => {
    const lock = await lockTable(gather.database.databaseUrl, 'book');
    const client = ask(
      'mutation { repriceBooks(input: { where: { price: { gte: "0" } }, percent: "100" }) { count } }',
      STAFF_HEADERS,
    );
    await untilLeft(gather, 1);
    client.leave();
    await untilLeft(gather, 0);
    await lock[Symbol.asyncDispose]();
    expect(await gather.database.ask('select from book where version > 1')).toEqual([]);
  });

  test('nothing is left of fifty that leave at once, and the server serves the next', async () => {
    await using lock = await lockTable(gather.database.databaseUrl, 'book');
    hangServices();
    const clients = Array.from({ length: 50 }, () => ask(SLOW_PAGE));
    // Eight of the ten connections, since all statements are of one table, and all requests: each service may have as many.
    await untilLeft(gather, 8 + 50 + 50 + 200);
    for (const client of clients) client.leave();
    await untilLeft(gather, 0);
    await lock[Symbol.asyncDispose]();
    gather.services.reset();
    const { data, errors } = await gather.query(SLOW_PAGE);
    expect(errors).toBeUndefined();
    expect(data.catalogue.books.nodes).toHaveLength(5);
  });
});

test('a client that has left before its operation begins costs nothing', async () => {
  gather.cost();
  await expect(gather.request(SLOW_PAGE, {}, { signal: AbortSignal.abort() })).rejects.toThrow();
  await sleep(100);
  expect(gather.cost()).toEqual({ statements: [], requests: [] });
});

test('what is still under way when the answer is complete is stopped', async () => {
  const broken = await startTestApp(PATIENT);
  await broken.database.ask('alter table book drop constraint book_status_check');
  await broken.database.ask(`update book set status = 'GONE' where isbn = 'ISBN-00001'`);
  await using lock = await lockTable(broken.database.databaseUrl, 'lending.loan');
  // A status that is none fails, and may not be null: it leaves nothing of the book to wait for.
  const query = '{ book(by: { isbn: "ISBN-00001" }) { status loans { nodes { dueOn } } isLent } }';
  expect(await broken.query(query)).toMatchObject({ data: { book: null }, errors: [{ path: ['book', 'status'] }] });
  await untilLeft(broken, 0);
  await lock[Symbol.asyncDispose]();
  await broken.close();
});

describe('no listener and no timer is left', () => {
  const requests: [string, (signal: AbortSignal) => Promise<unknown>][] = [
    ['an answer', (signal) => gather.request('{ front { pick { title } } opinions { message } }', {}, { signal })],
    ['a deadline not met', (signal) => gather.request('{ about { name } }', {}, { signal })],
    ['a syntax error', (signal) => gather.request('{', {}, { signal })],
    ['an unknown field', (signal) => gather.request('{ nothing }', {}, { signal })],
    ['no query', (signal) => postRaw('{}', signal)],
    ['no JSON', (signal) => postRaw('{', signal)],
    ['a failure', (signal) => gather.request('{ opinions(count: 101) { message } }', {}, { signal })],
  ];

  test.each(requests)('after %s', async (_, ask) => {
    const { signal } = new AbortController();
    await ask(signal);
    const before = timers();
    for (let count = 0; count < 10; count++) await ask(signal);
    await new Promise(setImmediate);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await untilTimers(before);
  });

  test('after a client has left', async () => {
    const before = timers();
    gather.services.ratings.fault = 'hang';
    const leaving = new AbortController();
    const asked = gather.request('{ front { pick { title } } }', {}, { signal: leaving.signal });
    await untilLeft(gather, 1);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await untilLeft(gather, 0);
    expect(getEventListeners(leaving.signal, 'abort')).toEqual([]);
    await untilTimers(before);
  });
});

function hangServices(): void {
  for (const name of ['ratings', 'shelves'] as const) gather.services[name].fault = 'hang';
}

function leaveInProcess(query: string): Pick<Sent, 'leave'> {
  const leaving = new AbortController();
  gather.request(query, {}, { signal: leaving.signal }).catch(() => {});
  return { leave: () => leaving.abort() };
}

function postRaw(body: string, signal: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return gather.app.fetch('http://gather/graphql', { method: 'POST', headers, body, signal });
}

/** Pools put away their own timers a moment after the answer. The sleep itself is not found, as it keeps nothing alive. */
async function untilTimers(most: number): Promise<void> {
  for (let tries = 0; timers() > most && tries < 1000; tries++) await sleep(10, undefined, { ref: false });
  expect(timers()).toBeLessThanOrEqual(most);
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
