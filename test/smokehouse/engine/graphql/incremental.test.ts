import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PATIENT, STAFF_HEADERS, startTestApp, type TestApp } from '../../../helpers/app.ts';
import { readText, send } from '../../../helpers/client.ts';
import { findLeft, untilLeft } from '../../../helpers/left.ts';
import { lockTable } from '../../../helpers/lock.ts';
import { type Part, readParts } from '../../../helpers/parts.ts';

const TODAY = 'multipart/mixed;incrementalSpec=v0.2';
const OF_2022 = 'multipart/mixed;deferSpec=20220824';
const SLOW_MS = 400;
/** Long enough to fill all buffers between the database and a client that does not read. */
const MANY = 60_000;

const DEFERRED = '{ home { featured(first: 1) { sku } ... @defer(label: "slow") { promo { title } } } }';
const STREAMED = '{ menu(where: { name: { contains: "brisket" } }) { all @stream(initialCount: 2) { sku } } }';
/** Of an answer in parts it is not known in the end what it came to. Beside it stands the time of PostgreSQL, if it is long. */
const COST = expect.objectContaining({
  requestedQueryCost: expect.any(Number),
  actualQueryCost: null,
  throttleStatus: expect.any(Object),
});
const ENDLESS = '{ menu { all @stream { sku name description } } }';

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({ ...PATIENT, isDevelopment: false });
  ({ url } = await gather.app.start());
});
afterEach(() => gather.services.reset());
afterAll(() => gather.close());

describe('@defer', () => {
  test.each([TODAY, 'multipart/mixed'])("is delivered in today's format: %s", async (accept) => {
    gather.services.promo.delayMs = SLOW_MS;
    const response = await send(url, DEFERRED, { accept }).response;
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('multipart/mixed; boundary="-"');
    expect(await all(response)).toEqual([
      {
        data: { home: { featured: [{ sku: 'SKU-00200' }] } },
        pending: [{ id: '0', path: ['home'], label: 'slow' }],
        hasNext: true,
        extensions: { cost: COST },
      },
      {
        incremental: [{ id: '0', data: { promo: { title: 'Brisket week' } } }],
        completed: [{ id: '0' }],
        hasNext: false,
      },
    ]);
  });

  test('is delivered in the format of 2022', async () => {
    gather.services.promo.delayMs = SLOW_MS;
    const response = await send(url, DEFERRED, { accept: OF_2022 }).response;
    expect(await all(response)).toEqual([
      { data: { home: { featured: [{ sku: 'SKU-00200' }] } }, hasNext: true, extensions: { cost: COST } },
      { incremental: [{ data: { promo: { title: 'Brisket week' } }, path: ['home'], label: 'slow' }], hasNext: false },
    ]);
  });

  test('rows that are deferred do not hold back those that refer to them', async () => {
    const deferred = '{ menu { items(first: 2) { nodes { sku ... @defer { supplier { name } } } } } }';
    const lock = await lockTable(gather.database.databaseUrl, 'supplier');
    const parts = readParts(await send(url, deferred, { accept: TODAY }).response);
    const first = await parts.next();
    await lock[Symbol.asyncDispose]();
    expect(first).toMatchObject({ value: { data: { menu: { items: { nodes: [{ sku: 'SKU-00001' }, {}] } } } } });
    const rest: Part[] = [];
    for await (const part of parts) rest.push(part);
    expect(JSON.stringify(rest)).toContain('"supplier":{"name"');
  });

  test.each([TODAY, OF_2022])('a slow service does not hold back the rest: %s', async (accept) => {
    const firstCame = Promise.withResolvers<void>();
    gather.services.promo.gate = firstCame.promise;
    const parts: Part[] = [];
    for await (const part of readParts(await send(url, DEFERRED, { accept }).response)) {
      parts.push(part);
      firstCame.resolve();
    }
    expect(parts).toHaveLength(2);
    expect(JSON.stringify(parts[1])).toContain('"promo":{"title"');
  });
});

describe('@stream', () => {
  test.each([TODAY, 'multipart/mixed'])("is delivered in today's format: %s", async (accept) => {
    const [first, ...rest] = await all(await send(url, STREAMED, { accept }).response);
    const items = await skus();
    expect(first).toEqual({
      data: { menu: { all: items.slice(0, 2) } },
      pending: [{ id: '0', path: ['menu', 'all'] }],
      hasNext: true,
      extensions: { cost: COST },
    });
    const incremental = rest.flatMap((part) => part.incremental ?? []);
    expect(incremental.every(({ id }) => id === '0')).toBe(true);
    expect(incremental.flatMap((entry) => entry.items)).toEqual(items.slice(2));
    expect(rest.at(-1)).toMatchObject({ completed: [{ id: '0' }], hasNext: false });
  });

  test('is delivered in the format of 2022', async () => {
    const [first, ...rest] = await all(await send(url, STREAMED, { accept: OF_2022 }).response);
    const items = await skus();
    expect(first).toEqual({ data: { menu: { all: items.slice(0, 2) } }, hasNext: true, extensions: { cost: COST } });
    const incremental = rest.flatMap((part) => part.incremental ?? []);
    expect(incremental[0].path).toEqual(['menu', 'all', 2]);
    expect(incremental.flatMap((entry) => entry.items)).toEqual(items.slice(2));
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
        home: { featured: [{ sku: 'SKU-00200' }], promo: { title: 'Brisket week' } },
        menu: { all: await skus() },
      },
      extensions: { cost: expect.objectContaining({ actualQueryCost: expect.any(Number) }) },
    });
  },
);

test('timing comes with the first part when it is asked for', async () => {
  const headers = { ...STAFF_HEADERS, accept: TODAY, 'x-gather-timing': '1' };
  const response = await send(url, DEFERRED, headers).response;
  expect(response.headers['server-timing']).toMatch(/execute;dur=[1-9].*, featured;dur=.*, total;dur=/);
  const [first, last] = await all(response);
  expect(first.extensions).toEqual({ timing: expect.objectContaining({ unit: 'ms' }), cost: COST });
  expect(first.extensions.timing.calls).toMatchObject([{ name: 'session.find' }, { name: 'featured' }]);
  expect(last).not.toHaveProperty('extensions');
});

test.each([
  ['@stream(initialCount: -1)', {}],
  ['@stream(initialCount: $count)', { count: -1 }],
])('a list of fewer than none to begin with is refused: %s', async (directive, variables) => {
  const query = `query ${directive.includes('$') ? '($count: Int)' : ''} { menu { all ${directive} { sku } } }`;
  const text = await (await gather.request(query, variables, { headers: { accept: TODAY } })).text();
  expect(text).toContain('Expected an `initialCount` of 0 or more for @stream, got less.');
  expect(text).toContain('"BAD_USER_INPUT"');
});

describe('an error inside a later part', () => {
  test.each([TODAY, OF_2022])('has its code: %s', async (accept) => {
    gather.services.promo.fault = 'error';
    const [, { incremental }] = await all(await send(url, DEFERRED, { accept }).response);
    expect(incremental[0].data).toEqual({ promo: null });
    expect(incremental[0].errors).toEqual([
      {
        message: 'promo answered GET /promo with status 500; expected 200.',
        locations: expect.any(Array),
        path: ['home', 'promo'],
        extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'promo', service: 'promo', retryable: true },
      },
    ]);
  });

  test.each([TODAY, OF_2022])('is masked where it is a fault of the program: %s', async (accept) => {
    await gather.database.ask('alter table review rename column rating to stars');
    const query = `{
      item(by: { sku: "SKU-00001" }) {
        sku
        ... @defer { averageRating }
        ... @defer { reviews { nodes { rating } } }
      }
    }`;
    const text = await readText(await send(url, query, { accept }).response);
    await gather.database.ask('alter table review rename column stars to rating');
    expect(text.match(/Something went wrong on our side\./g)).toHaveLength(2);
    expect(text.match(/INTERNAL_SERVER_ERROR/g)).toHaveLength(2);
    expect(text).not.toMatch(/stars|does not exist/);
  });
});

test('the deadline counts anew for each part', async () => {
  await using hasty = await startHasty(2000);
  hasty.gather.services.promo.delayMs = 1100;
  hasty.gather.services.suppliers.delayMs = 2200;
  const query = `{
    about { name }
    ... @defer(label: "early") { home { promo { title } } }
    ... @defer(label: "late") { quotes(count: 1) { quotes { error } } }
  }`;
  const [first, early, late] = await all(await send(hasty.url, query, { accept: TODAY }).response);
  expect(first.data.about.name).toEqual(expect.any(String));
  expect(early.incremental[0]).toMatchObject({ data: { home: { promo: { title: 'Brisket week' } } } });
  expect(late.incremental[0]).toMatchObject({ data: { quotes: { quotes: [{ error: null }] } } });
});

test('a part that is not there by the deadline says so, and nothing of it is left', async () => {
  await using hasty = await startHasty(1000);
  hasty.gather.services.promo.fault = 'hang';
  const [first, second] = await all(await send(hasty.url, DEFERRED, { accept: TODAY }).response);
  expect(first.data.home.featured).toHaveLength(1);
  expect(second).toMatchObject({
    incremental: [{ data: { promo: null }, errors: [{ extensions: { code: 'DEADLINE_EXCEEDED', retryable: true } }] }],
    hasNext: false,
  });
  await untilLeft(hasty.gather, 0);
});

describe('of a long list', () => {
  beforeAll(() => addMany(gather));

  test('the first items arrive before the last are read', async () => {
    gather.cost();
    const response = await send(url, ENDLESS, { accept: TODAY }).response;
    await once(response, 'readable');
    expect(gather.cost().statements.filter(isFetch).length).toBeLessThan(MANY / 500 / 2);
    expect(await countItems(response)).toBe(200 + MANY);
  });

  test('no more is read while its client does not read', async () => {
    gather.cost();
    const response = await send(url, ENDLESS, { accept: TODAY }).response;
    const read = await fetchesUntilStill();
    expect(read).toBeLessThan(MANY / 500 / 2);
    expect(await countItems(response)).toBe(200 + MANY);
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
    const { data } = await gather.query('{ menu { count } }');
    expect(data.menu.count).toBe(200 + MANY);
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

async function addMany({ database }: TestApp): Promise<void> {
  await database.ask(
    `insert into item (sku, name, description, "supplierId", price)
     select 'LONG-' || n, 'long', repeat('.', 500), 1, 1 from generate_series(1, ${MANY}) n`,
  );
}

async function all(response: IncomingMessage): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of readParts(response)) parts.push(part);
  return parts;
}

async function countItems(response: IncomingMessage): Promise<number> {
  let count = 0;
  for await (const part of readParts(response)) {
    for (const entry of part.incremental ?? []) count += entry.items.length;
  }
  return count;
}

async function skus(): Promise<object[]> {
  return gather.database.ask(`select sku from item where name ilike '%brisket%' order by id`);
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
