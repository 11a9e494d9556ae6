import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PATIENT, STAFF_HEADERS, startTestApp, TEST_LIMITS, type TestApp } from '../../helpers/app.ts';
import { readText, send } from '../../helpers/client.ts';
import { findLeft, untilLeft } from '../../helpers/left.ts';
import { lockTable } from '../../helpers/lock.ts';
import { type Part, readParts } from '../../helpers/parts.ts';

const TODAY = 'multipart/mixed;incrementalSpec=v0.2';
const OF_2022 = 'multipart/mixed;deferSpec=20220824';
const SLOW_MS = 400;
/** Long enough to fill all buffers between the database and a client that does not read. */
const MANY = 60_000;

const DEFERRED = '{ front { newest(first: 1) { isbn } ... @defer(label: "slow") { pick { title } } } }';
const STREAMED = '{ catalogue(where: { title: { contains: "fire" } }) { all @stream(initialCount: 2) { isbn } } }';
const ENDLESS = '{ catalogue { all @stream { isbn title blurb } } }';

/** Whatever was taken of a bucket is there again within microseconds. */
const LIMITS = { ...TEST_LIMITS, costRestoredPerSecond: TEST_LIMITS.costBucket };
/** The front page, a book and the pick with a field each, in tenths of a point. */
const DEFERRED_TENTHS = 10 + 11 + 11;
/** The catalogue, the condition, and so many books with a field each. */
const toStreamedTenths = (books: number) => 10 + 200 + books * 11;
/** Of an answer in parts it is not known in the end what it came to. */
const DEFERRED_COST = toCost(DEFERRED_TENTHS, null);
/** Of a list whose length is not known, a thousand are paid. */
const STREAMED_COST = toCost(toStreamedTenths(1000), null);

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({ ...PATIENT, isDevelopment: false, limits: LIMITS });
  ({ url } = await gather.app.start());
});
afterEach(() => gather.services.reset());
afterAll(() => gather.close());

describe('@defer', () => {
  test.each([TODAY, 'multipart/mixed'])("is delivered in today's format: %s", async (accept) => {
    gather.services.ratings.delayMs = SLOW_MS;
    const response = await send(url, DEFERRED, { accept }).response;
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('multipart/mixed; boundary="-"');
    expect(await all(response)).toEqual([
      {
        data: { front: { newest: [{ isbn: 'ISBN-00198' }] } },
        pending: [{ id: '0', path: ['front'], label: 'slow' }],
        hasNext: true,
        extensions: { cost: DEFERRED_COST },
      },
      {
        incremental: [{ id: '0', data: { pick: { title: 'Book of the day' } } }],
        completed: [{ id: '0' }],
        hasNext: false,
      },
    ]);
  });

  test('is delivered in the format of 2022', async () => {
    gather.services.ratings.delayMs = SLOW_MS;
    const response = await send(url, DEFERRED, { accept: OF_2022 }).response;
    expect(await all(response)).toEqual([
      { data: { front: { newest: [{ isbn: 'ISBN-00198' }] } }, hasNext: true, extensions: { cost: DEFERRED_COST } },
      {
        incremental: [{ data: { pick: { title: 'Book of the day' } }, path: ['front'], label: 'slow' }],
        hasNext: false,
      },
    ]);
  });

  test('rows that are deferred do not hold back those that refer to them', async () => {
    const deferred = '{ catalogue { books(first: 2) { nodes { isbn ... @defer { author { name } } } } } }';
    const lock = await lockTable(gather.database.databaseUrl, 'author');
    const parts = readParts(await send(url, deferred, { accept: TODAY }).response);
    const first = await parts.next();
    await lock[Symbol.asyncDispose]();
    expect(first).toMatchObject({ value: { data: { catalogue: { books: { nodes: [{ isbn: 'ISBN-00001' }, {}] } } } } });
    const rest: Part[] = [];
    for await (const part of parts) rest.push(part);
    expect(JSON.stringify(rest)).toContain('"author":{"name"');
  });

  test.each([TODAY, OF_2022])('a slow service does not hold back the rest: %s', async (accept) => {
    const firstCame = Promise.withResolvers<void>();
    gather.services.ratings.gate = firstCame.promise;
    const parts: Part[] = [];
    for await (const part of readParts(await send(url, DEFERRED, { accept }).response)) {
      parts.push(part);
      firstCame.resolve();
    }
    expect(parts).toHaveLength(2);
    expect(JSON.stringify(parts[1])).toContain('"pick":{"title"');
  });
});

describe('@stream', () => {
  test.each([TODAY, 'multipart/mixed'])("is delivered in today's format: %s", async (accept) => {
    const [first, ...rest] = await all(await send(url, STREAMED, { accept }).response);
    const books = await isbns();
    expect(first).toEqual({
      data: { catalogue: { all: books.slice(0, 2) } },
      pending: [{ id: '0', path: ['catalogue', 'all'] }],
      hasNext: true,
      extensions: { cost: STREAMED_COST },
    });
    const incremental = rest.flatMap((part) => part.incremental ?? []);
    expect(incremental.every(({ id }) => id === '0')).toBe(true);
    expect(incremental.flatMap((entry) => entry.items)).toEqual(books.slice(2));
    expect(rest.at(-1)).toMatchObject({ completed: [{ id: '0' }], hasNext: false });
  });

  test('is delivered in the format of 2022', async () => {
    const [first, ...rest] = await all(await send(url, STREAMED, { accept: OF_2022 }).response);
    const books = await isbns();
    expect(first).toEqual({
      data: { catalogue: { all: books.slice(0, 2) } },
      hasNext: true,
      extensions: { cost: STREAMED_COST },
    });
    const incremental = rest.flatMap((part) => part.incremental ?? []);
    expect(incremental[0].path).toEqual(['catalogue', 'all', 2]);
    expect(incremental.flatMap((entry) => entry.items)).toEqual(books.slice(2));
    expect(rest.at(-1).hasNext).toBe(false);
  });
});

test.each(['application/json', 'application/graphql-response+json', '*/*'])(
  'a client that accepts no parts gets one whole answer: %s',
  async (accept) => {
    const response = await send(url, `{ ${DEFERRED.slice(1, -1)} ${STREAMED.slice(1)}`, { accept }).response;
    expect(response.headers['content-type']).toMatch(/^application\/(graphql-response\+)?json/);
    expect(JSON.parse(await readText(response))).toEqual({
      data: {
        front: { newest: [{ isbn: 'ISBN-00198' }], pick: { title: 'Book of the day' } },
        catalogue: { all: await isbns() },
      },
      extensions: {
        cost: toCost(DEFERRED_TENTHS + toStreamedTenths(1000), DEFERRED_TENTHS + toStreamedTenths(50)),
      },
    });
  },
);

test('timing comes with the first part when it is asked for', async () => {
  const headers = { ...STAFF_HEADERS, accept: TODAY, 'x-gather-timing': '1' };
  const response = await send(url, DEFERRED, headers).response;
  expect(response.headers['server-timing']).toMatch(/execute;dur=.*, newest;dur=.*, total;dur=/);
  const [first, last] = await all(response);
  expect(first.extensions).toEqual({ timing: expect.objectContaining({ unit: 'ms' }), cost: DEFERRED_COST });
  expect(first.extensions.timing.phases.execute).toBeGreaterThan(0);
  expect(first.extensions.timing.calls).toMatchObject([{ name: 'session.find' }, { name: 'newest' }]);
  expect(last).not.toHaveProperty('extensions');
});

test.each([
  ['@stream(initialCount: -1)', {}],
  ['@stream(initialCount: $count)', { count: -1 }],
])('a list of fewer than none to begin with is refused: %s', async (directive, variables) => {
  const query = `query ${directive.includes('$') ? '($count: Int)' : ''} { catalogue { all ${directive} { isbn } } }`;
  const text = await (await gather.request(query, variables, { headers: { accept: TODAY } })).text();
  expect(text).toContain('Expected an `initialCount` of 0 or more for @stream, got -1.');
  expect(text).toContain('"BAD_USER_INPUT"');
});

describe('an error inside a later part', () => {
  test.each([TODAY, OF_2022])('has its code: %s', async (accept) => {
    gather.services.ratings.fault = 'error';
    const [, { incremental }] = await all(await send(url, DEFERRED, { accept }).response);
    expect(incremental[0].data).toEqual({ pick: null });
    expect(incremental[0].errors).toEqual([
      {
        message: 'ratings answered GET /pick with status 500; expected 200.',
        locations: expect.any(Array),
        path: ['front', 'pick'],
        extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'ratings', service: 'ratings', retryable: true },
      },
    ]);
  });

  test.each([TODAY, OF_2022])('is masked where it is a fault of the program: %s', async (accept) => {
    await gather.database.ask('alter table lending.loan rename column "bookId" to volume');
    const query = `{
      book(by: { isbn: "ISBN-00001" }) {
        isbn
        ... @defer { isLent }
        ... @defer { loans { nodes { dueOn } } }
      }
    }`;
    const text = await readText(await send(url, query, { ...STAFF_HEADERS, accept }).response);
    await gather.database.ask('alter table lending.loan rename column volume to "bookId"');
    expect(text.match(/Something went wrong on our side\./g)).toHaveLength(2);
    expect(text.match(/INTERNAL_SERVER_ERROR/g)).toHaveLength(2);
    expect(text).not.toMatch(/volume|does not exist/);
  });
});

test('the deadline counts anew for each part', async () => {
  await using hasty = await startHasty(2000);
  hasty.gather.services.shelves.delayMs = 1100;
  hasty.gather.services.ratings.delayMs = 2200;
  const query = `{
    about { name }
    ... @defer(label: "early") { front { arrivals { reason } } }
    ... @defer(label: "late") { opinions(count: 1) { opinions { error } } }
  }`;
  const [first, early, late] = await all(await send(hasty.url, query, { accept: TODAY }).response);
  expect(first.data.about.name).toEqual('The Library');
  const arrivals = [1, 2, 3, 4, 5].map((number) => ({ reason: `Reason ${number}` }));
  expect(early.incremental[0]).toMatchObject({ data: { front: { arrivals } } });
  expect(late.incremental[0]).toMatchObject({ data: { opinions: { opinions: [{ error: null }] } } });
});

test('a part that is not there by the deadline says so, and nothing of it is left', async () => {
  await using hasty = await startHasty(1000);
  hasty.gather.services.ratings.fault = 'hang';
  const [first, second] = await all(await send(hasty.url, DEFERRED, { accept: TODAY }).response);
  expect(first.data.front.newest).toHaveLength(1);
  expect(second).toMatchObject({
    incremental: [{ data: { pick: null }, errors: [{ extensions: { code: 'DEADLINE_EXCEEDED', retryable: true } }] }],
    hasNext: false,
  });
  await untilLeft(hasty.gather, 0);
});

describe('of a long list', () => {
  beforeAll(() => addMany(gather));

  test('the first books arrive before the last are read', async () => {
    gather.cost();
    const response = await send(url, ENDLESS, { accept: TODAY }).response;
    await once(response, 'readable');
    expect(gather.cost().statements.filter(isFetch).length).toBeLessThan(MANY / 500 / 2);
    expect(await countBooks(response)).toBe(200 + MANY);
  });

  test('no more is read while its client does not read', async () => {
    gather.cost();
    const response = await send(url, ENDLESS, { accept: TODAY }).response;
    const read = await fetchesUntilStill();
    expect(read).toBeLessThan(MANY / 500 / 2);
    expect(await countBooks(response)).toBe(200 + MANY);
  });

  test.each([
    ['reads', (response: IncomingMessage) => void response.resume()],
    ['does not read', () => {}],
  ])('nothing is left when a client leaves that %s', async (_, consume) => {
    for (let round = 0; round < 15; round++) {
      const client = send(url, ENDLESS, { accept: TODAY });
      const response = await client.response;
      response.on('error', () => {});
      consume(response);
      await sleep(20);
      client.leave();
    }
    await untilLeft(gather, 0);
    const { data } = await gather.query('{ catalogue { count } }');
    expect(data.catalogue.count).toBe(200 + MANY);
  });

  test('nothing is left when a client in process leaves that does not read', async () => {
    const leaving = new AbortController();
    const { body } = await gather.request(ENDLESS, {}, { headers: { accept: TODAY }, signal: leaving.signal });
    const reader = body?.getReader();
    for (let reads = 0; reads < 50; reads++) await reader?.read();
    await untilLeft(gather, 1);
    leaving.abort();
    await untilLeft(gather, 0);
  });

  test('its deadline frees what a client holds that does not read, and tells it', async () => {
    await using hasty = await startHasty(500);
    await addMany(hasty.gather);
    const response = await send(hasty.url, ENDLESS, { accept: TODAY }).response;
    await untilLeft(hasty.gather, 1);
    await untilLeft(hasty.gather, 0);
    const parts = await all(response);
    expect(parts.at(-1)).toMatchObject({
      completed: [{ errors: [{ extensions: { code: 'DEADLINE_EXCEEDED' } }] }],
      hasNext: false,
    });
  });

  async function fetchesUntilStill(): Promise<number> {
    let total = 0;
    for (let still = 0; still < 5; ) {
      await sleep(50);
      const { length } = gather.cost().statements.filter(isFetch);
      total += length;
      still = length === 0 && total > 0 ? still + 1 : 0;
    }
    expect(await findLeft(gather)).toHaveLength(1);
    return total;
  }
});

/** Nothing more than this, but for the time of PostgreSQL, if it is long. @param requested in tenths of a point */
function toCost(requested: number, actual: number | null): unknown {
  const cost = {
    requestedQueryCost: Math.ceil(requested / 10),
    actualQueryCost: actual && Math.ceil(actual / 10),
    throttleStatus: {
      maximumAvailable: LIMITS.costBucket,
      currentlyAvailable: LIMITS.costBucket,
      restoreRate: LIMITS.costRestoredPerSecond,
    },
  };
  return expect.toBeOneOf([cost, { ...cost, sqlQueryCost: expect.any(Number) }]);
}

async function addMany({ database }: TestApp): Promise<void> {
  await database.ask(
    `insert into book (isbn, title, blurb, "authorId", price)
     select 'LONG-' || n, 'long', repeat('.', 500), 1, 1 from generate_series(1, ${MANY}) n`,
  );
}

async function all(response: IncomingMessage): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of readParts(response)) parts.push(part);
  return parts;
}

async function countBooks(response: IncomingMessage): Promise<number> {
  let count = 0;
  for await (const part of readParts(response)) {
    for (const entry of part.incremental ?? []) count += entry.items.length;
  }
  return count;
}

async function isbns(): Promise<object[]> {
  return gather.database.ask(`select isbn from book where title ilike '%fire%' order by id`);
}

function isFetch(statement: string): boolean {
  return statement.startsWith('fetch');
}

/** Another server, with this deadline. */
async function startHasty(operationTimeoutMs: number) {
  const hasty = await startTestApp({ ...PATIENT, isDevelopment: false, operationTimeoutMs });
  const { url } = await hasty.app.start();
  return { gather: hasty, url, [Symbol.asyncDispose]: () => hasty.close() };
}

test('of several operations each is whole for a client that accepts no parts', async () => {
  const query = `
    query A { front { newest(first: 1) { title } ... @defer { newest(first: 1) { isbn } } } }
    query B { front { newest(first: 1) @stream { title } } }`;
  for (const operationName of ['A', 'B', 'A']) {
    const body = JSON.stringify({ query, operationName });
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
    const { data, errors } = (await response.json()) as { data: { front: { newest: unknown[] } }; errors?: unknown };
    expect(errors).toBeUndefined();
    expect(data.front.newest).toHaveLength(1);
  }
});
