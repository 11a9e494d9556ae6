import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readText, send } from '../helpers/client.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { ask, type Program, runGather } from '../helpers/program.ts';
import { exchange } from '../helpers/raw-socket.ts';
import { startServices, type TestServices } from '../helpers/services.ts';

const ID = 'x-request-id';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const [INFO, WARN, ERROR] = [30, 40, 50];

/** A line of the log, parsed. */
type Line = Record<string, unknown>;

let database: TestDatabase;
let services: TestServices;
let server: Program;
let url: string;
let seen: number;

beforeAll(async () => {
  database = await createTestDatabase();
  services = await startServices();
  const { promo, recommendations, pricing, inventory, suppliers } = services.urls;
  server = runGather(['serve'], {
    NODE_ENV: 'production',
    PORT: '0',
    DATABASE_URL: database.databaseUrl,
    PROMO_URL: promo,
    RECOMMENDATIONS_URL: recommendations,
    PRICING_URL: pricing,
    INVENTORY_URL: inventory,
    SUPPLIERS_URL: suppliers,
    OPERATION_TIMEOUT_MS: '1500',
    SLOW_OPERATION_MS: '600',
    ALLOWED_HOSTS: '127.0.0.1',
  });
  url = await server.url();
});
beforeEach(() => {
  services.reset();
  seen = lines().length;
});
afterAll(async () => {
  server.kill('SIGINT');
  await server.exit();
  await server[Symbol.asyncDispose]();
  await services.close();
  await database.drop();
});

test('an operation is one line: name, duration, calls by source, the slowest, cost, viewer, and no errors', async () => {
  services.promo.delayMs = 100;
  await ask(url, 'query Home { home { promo { title } featured { name } } }');
  const [line] = await newLines(1);
  expect(line).toEqual({
    level: INFO,
    time: expect.any(Number),
    pid: server.pid,
    hostname: expect.any(String),
    requestId: expect.stringMatching(UUID),
    operation: 'query Home',
    ms: expect.any(Number),
    calls: { promo: 1, postgres: 1 },
    slowest: { call: 'promo.getPromo', ms: expect.any(Number) },
    cost: expect.any(Number),
    viewer: 'anonymous',
    errors: 0,
  });
  // A timer may come a little before its time by another clock.
  expect(line?.['ms']).toBeGreaterThan(98);
});

test.each([
  ['without a name', '{ menu { count } about { name } }', { operation: 'query { menu, about }', errors: 0 }],
  ['with aliases', '{ secret: menu { count } }', { operation: 'query { menu }' }],
  ['with a long name', `query ${'a'.repeat(1000)} { menu { count } }`, { operation: `query ${'a'.repeat(94)}…` }],
  [
    'that its viewer may not run',
    'mutation M { createTask(input: { title: "" }) { userErrors { code } } }',
    { level: WARN, refused: 'sign-in', operation: 'mutation M', failures: [{ code: 'UNAUTHENTICATED' }] },
  ],
])('so is an operation %s', async (_, query, expected) => {
  await ask(url, query);
  expect(await newLines(1)).toMatchObject([expected]);
});

test('the cost includes the time of PostgreSQL that is charged', async () => {
  await database.ask('alter table public.item rename to slow_item');
  await database.ask(
    'create view public.item as select * from public.slow_item where (select pg_sleep(0.05) is not null)',
  );
  const { extensions } = await ask(url, '{ menu { count } }').finally(async () => {
    await database.ask('drop view public.item');
    await database.ask('alter table public.slow_item rename to item');
  });
  expect(extensions.cost.sqlQueryCost).toBeGreaterThan(extensions.cost.actualQueryCost);
  expect(await newLines(1)).toMatchObject([{ cost: extensions.cost.sqlQueryCost }]);
});

test('the trace that the client names is in the line', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await send(url, 'query Traced { menu { count } }', { traceparent: `00-${traceId}-b7ad6b7169203331-01` }).response;
  await send(url, 'query Other { menu { count } }', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` })
    .response;
  const [traced, other] = await newLines(2);
  expect(traced).toMatchObject({ operation: 'query Traced', traceId });
  expect(other).not.toHaveProperty('traceId');
});

test('an operation whose service fails names code, source and field, and is no fault of the server', async () => {
  services.promo.fault = 'error';
  await ask(url, 'query Failing { home { promo { title } } }');
  const [line] = await newLines(1);
  expect(line).toMatchObject({
    level: INFO,
    operation: 'query Failing',
    errors: 1,
    failures: [{ code: 'UPSTREAM_UNAVAILABLE', source: 'promo', path: 'home.promo', count: 1 }],
  });
});

test('a masked error makes the line an error with its cause, and the client does not see that', async () => {
  const { errors } = await withoutRatings(() =>
    ask(url, 'query Q { item(by: { sku: "SKU-00001" }) { averageRating } }'),
  );
  expect(JSON.stringify(errors)).not.toMatch(/stars|does not exist/);
  expect(await newLines(1)).toMatchObject([
    {
      level: ERROR,
      operation: 'query Q',
      requestId: errors[0].extensions.requestId,
      errors: 1,
      failures: [
        {
          code: 'INTERNAL_SERVER_ERROR',
          path: 'item.averageRating',
          count: 1,
          err: {
            type: 'DatabaseError',
            code: '42703',
            message: expect.stringMatching(/column "rating" does not exist/),
            at: expect.arrayContaining([expect.stringMatching(/^src\/gather\/database\/database\.ts:\d+$/)]),
          },
        },
      ],
    },
  ]);
});

test('what fails many fields is described once for a request', async () => {
  const query = '{ menu { items(first: 5) { nodes { averageRating } } } }';
  const answers = await withoutRatings(async () => [await ask(url, query), await ask(url, query)]);
  for (const { errors } of answers) expect(errors).toHaveLength(5);
  const failures = [{ path: 'menu.items.nodes.0.averageRating', count: 5 }];
  expect(await newLines(2)).toMatchObject(
    answers.map(({ errors }) => ({ level: ERROR, requestId: errors[0].extensions.requestId, errors: 5, failures })),
  );
});

test.each(['multipart/mixed', 'multipart/mixed;deferSpec=20220824', 'text/event-stream'])(
  'what fails in a part is in the one line of its request: %s',
  async (accept) => {
    const query = '{ menu { items(first: 3) { nodes { sku ... @defer { averageRating } } } } }';
    const { text, requestId } = await withoutRatings(async () => {
      const response = await send(url, query, { accept }).response;
      return { text: await readText(response), requestId: response.headers['x-request-id'] };
    });
    expect(text.split(`"requestId":"${requestId}"`)).toHaveLength(4);
    expect(await newLines(1)).toMatchObject([{ level: ERROR, requestId, errors: 3, failures: [{ count: 3 }] }]);
  },
);

test('a slow operation is a warning', async () => {
  services.promo.delayMs = 700;
  await ask(url, 'query Slow { home { promo { title } } }');
  expect(await newLines(1)).toMatchObject([{ level: WARN, operation: 'query Slow', slow: true }]);
});

test.each([
  ['the host', { headers: { host: 'evil.example' } }, { refused: 'host', status: 421, host: 'evil.example' }],
  [
    'the origin',
    { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } },
    { refused: 'origin', status: 403, origin: 'https://evil.example', request: 'OPTIONS /graphql' },
  ],
  ['an invalid document', operation('query Q { nothing }'), { refused: 'document', operation: 'query Q' }],
  ['no GraphQL', operation('{'), { refused: 'document', failures: [{ code: 'GRAPHQL_PARSE_FAILED' }] }],
  [
    'the limit of cost',
    operation('query Q { menu { items(first: 100) { nodes { reviews(first: 100) { nodes { id } } } } } }'),
    { refused: 'limit', operation: 'query Q', cost: expect.any(Number), failures: [{ code: 'MAX_COST_EXCEEDED' }] },
  ],
  ['the limit of depth', operation(deep(20)), { refused: 'limit', failures: [{ code: 'LIMIT_EXCEEDED' }] }],
  ['the limit of bytes', operation('{ menu { count } }', 'x'.repeat(1_100_000)), { refused: 'limit', status: 413 }],
  [
    'the token',
    operation('query Q { menu { count } }', '', { authorization: 'Bearer gather_wrong' }),
    { refused: 'sign-in', operation: 'query Q', failures: [{ code: 'UNAUTHENTICATED' }] },
  ],
  [
    'the password',
    operation('mutation M { signIn(input: { email: "a@b.example", password: "wrong" }) { token } }'),
    { refused: 'sign-in', operation: 'mutation M', userErrors: ['WRONG_CREDENTIALS'] },
  ],
  ['another path', { path: '/nothing/here' }, { refused: 'request', status: 404, request: 'GET (another path)' }],
  ['another type', { method: 'POST', body: 'x' }, { refused: 'request', status: 415, request: 'POST /graphql' }],
  ['a file that is not there', { path: '/files/x' }, { refused: 'request', status: 404, request: 'GET /files' }],
])('a refused request is a warning that says why: %s', async (_, sent, expected) => {
  await nextSecond();
  await request(sent);
  const [line] = await newLines(1);
  expect(line).toMatchObject({ level: WARN, address: '127.0.0.1', ...expected });
});

test('what is no HTTP is a warning too', async () => {
  await nextSecond();
  await exchange(url, '\x16\x03\x01\x02\x00garbage\r\n\r\n');
  expect(await newLines(1)).toMatchObject([{ level: WARN, refused: 'request', status: 400 }]);
});

test('a flood of refused requests is five lines a second, and their number', async () => {
  await nextSecond();
  await Promise.all(Array.from({ length: 100 }, () => request({ path: '/nothing' })));
  await eventually(() => expect(sumOf(newRefusals())).toBe(100));
  const counts = newRefusals().filter(({ more }) => more !== undefined);
  expect(counts.length).toBeGreaterThan(0);
  expect(newRefusals().length).toBeLessThan(100);
  // It is of no one request.
  for (const count of counts) expect(count).not.toHaveProperty('requestId');
  seen = lines().length;
});

test('each request has an ID of its own in its response and in its lines, whatever it sends', async () => {
  await nextSecond();
  const own = { 'x-request-id': 'mine' };
  const responses = [
    await send(url, 'query One { about { name } }', own).response,
    await send(url, '{', own).response,
    await fetch(`${url}/uploads/nothing`, { method: 'HEAD', headers: own }),
    await fetch(`${url}/ready`, { headers: own }),
    await fetch(`${url}/nothing`, { headers: own }),
  ];
  const ids = responses.map(({ headers }) => (headers instanceof Headers ? headers.get(ID) : headers[ID]));
  for (const id of ids) expect(id).toMatch(UUID);
  expect(new Set(ids).size).toBe(responses.length);
  expect(await newLines(4)).toMatchObject([
    { operation: 'query One', requestId: ids[0] },
    { refused: 'document', requestId: ids[1] },
    { request: 'HEAD /uploads', requestId: ids[2] },
    { request: 'GET (another path)', requestId: ids[4] },
  ]);
});

test('the line of an answer in parts whose client leaves has the ID too', async () => {
  services.promo.fault = 'hang';
  const query = 'query LeftParts { home { featured(first: 1) { sku } ... @defer { promo { title } } } }';
  const client = send(url, query, { accept: 'multipart/mixed' });
  const { headers } = await client.response;
  await eventually(() => expect(services.promo.open).toHaveLength(1));
  client.leave();
  expect(await newLines(1)).toMatchObject([{ operation: 'query LeftParts', requestId: headers[ID] }]);
});

test('an answer in parts is one line, with the errors of all parts, when it is over', async () => {
  services.promo.fault = 'error';
  const query = 'query Parts { home { featured(first: 1) { sku } ... @defer { promo { title } } } }';
  await readText(await send(url, query, { accept: 'multipart/mixed' }).response);
  const [line] = await newLines(1);
  expect(line).toMatchObject({ operation: 'query Parts', calls: { postgres: 1, promo: 1 }, errors: 1 });
});

test('an operation whose client leaves is one line', async () => {
  services.promo.fault = 'hang';
  const client = send(url, 'query Left { home { promo { title } } }');
  await eventually(() => expect(services.promo.open).toHaveLength(1));
  client.leave();
  expect(await newLines(1)).toMatchObject([{ operation: 'query Left', errors: 1 }]);
});

test('an operation that misses its deadline is one line', async () => {
  services.promo.fault = 'hang';
  await ask(url, 'query Late { home { promo { title } } quotes(count: 1) { message } }');
  expect(await newLines(1)).toMatchObject([
    { level: WARN, operation: 'query Late', slow: true, failures: [{ code: 'DEADLINE_EXCEEDED', path: 'home.promo' }] },
  ]);
});

/** The lines about requests; those about sources come when they come. */
function lines(): Line[] {
  return server.stdout
    .split('\n')
    .filter((text) => text.startsWith('{'))
    .map((text) => JSON.parse(text))
    .filter(({ source }) => source === undefined);
}

/** What was logged since the test began, as soon as there are so many lines; no more may follow. */
async function newLines(count: number): Promise<Line[]> {
  await eventually(() => expect(lines().length).toBeGreaterThanOrEqual(seen + count));
  const found = lines().slice(seen);
  expect(found).toHaveLength(count);
  return found;
}

/** A request as a test describes it. */
interface Sent {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends a request, by a client that lets the test say its Host. @returns its status */
function request({ path = '/graphql', method = 'GET', headers = {}, body }: Sent): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${url}${path}`, { method, headers, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject).end(body);
  });
}

function operation(query: string, value = '', headers: Record<string, string> = {}): Sent {
  const body = JSON.stringify({ query, variables: { value } });
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
}

function deep(levels: number): string {
  return `{ menu ${'{ a '.repeat(levels)}${'}'.repeat(levels)} }`;
}

/** The lines of refused requests since the test began. */
function newRefusals(): Line[] {
  return lines()
    .slice(seen)
    .filter(({ refused }) => refused === 'request');
}

/** How many requests these lines stand for. */
function sumOf(refusals: Line[]): number {
  return refusals.reduce((sum, { more = 1 }) => sum + Number(more), 0);
}

/** Waits until refusals are not counted with those of other tests. */
async function nextSecond(): Promise<void> {
  await sleep(1100);
  seen = lines().length;
}

/** Does the work while the database lacks a column. */
async function withoutRatings<T>(work: () => Promise<T>): Promise<T> {
  await database.ask('alter table review rename column rating to stars');
  try {
    return await work();
  } finally {
    await database.ask('alter table review rename column stars to rating');
  }
}
