import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readText, send } from '../helpers/client.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { ask, type Program, runGather } from '../helpers/program.ts';
import { startServices, type TestServices } from '../helpers/services.ts';

const ID = 'x-request-id';

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

test('an operation is one line with its name, duration, calls and errors', async () => {
  services.promo.delayMs = 100;
  await ask(url, 'query Home { home { promo { title } featured { name } } }');
  const [line] = await newLines(1);
  expect(line).toMatchObject({ level: 30, operation: 'query Home', calls: 2, errors: 0 });
  // A timer may come a little before its time by another clock.
  expect(line?.['ms']).toBeGreaterThan(98);
});

test.each([
  ['without a name', '{ menu { count } }', { operation: 'query (no name)', calls: 1, errors: 0 }],
  [
    'that is a mutation',
    'mutation M { createTask(input: { title: "" }) { userErrors { code } } }',
    { operation: 'mutation M' },
  ],
  ['that is refused', '{ nothing }', { operation: 'refused', calls: 0, errors: 1 }],
  ['that is no GraphQL', '{', { operation: 'refused', calls: 0, errors: 1 }],
])('so is an operation %s', async (_, query, expected) => {
  await ask(url, query);
  expect(await newLines(1)).toMatchObject([expected]);
});

test('what a service fails of is counted, and not logged as a fault of the server', async () => {
  services.promo.fault = 'error';
  await ask(url, '{ home { promo { title } } }');
  expect(await newLines(1)).toMatchObject([{ level: 30, errors: 1 }]);
});

test('a masked error is logged with its cause, once, and the client does not see it', async () => {
  await database.ask('alter table review rename column rating to stars');
  const { errors } = await ask(url, '{ item(by: { sku: "SKU-00001" }) { averageRating } }');
  await database.ask('alter table review rename column stars to rating');
  expect(JSON.stringify(errors)).not.toMatch(/stars|does not exist/);
  const [fault, line] = await newLines(2);
  expect(fault).toMatchObject({ level: 50, msg: expect.stringMatching(/column "rating" does not exist/) });
  expect(fault?.['err']).toEqual({
    type: 'DatabaseError',
    code: '42703',
    message: expect.stringMatching(/column "rating" does not exist/),
    at: expect.arrayContaining([expect.stringMatching(/^src\/gather\/database\/database\.ts:\d+$/)]),
    path: 'item.averageRating',
  });
  expect(line).toMatchObject({ level: 30, errors: 1 });
});

test('what fails many fields is logged once for a request, with the ID that the client is told', async () => {
  await database.ask('alter table review rename column rating to stars');
  const query = '{ menu { items(first: 5) { nodes { averageRating } } } }';
  const [first, second] = [await ask(url, query), await ask(url, query)];
  await database.ask('alter table review rename column stars to rating');
  for (const { errors } of [first, second]) expect(errors).toHaveLength(5);
  const ids = [first, second].map(({ errors }) => errors[0].extensions.requestId);
  expect(await newLines(4)).toMatchObject([
    { level: 50, requestId: ids[0], err: { path: 'menu.items.nodes.0.averageRating' } },
    { operation: 'query (no name)', requestId: ids[0], errors: 5 },
    { level: 50, requestId: ids[1] },
    { operation: 'query (no name)', requestId: ids[1], errors: 5 },
  ]);
});

test.each(['multipart/mixed', 'multipart/mixed;deferSpec=20220824', 'text/event-stream'])(
  'what fails in a part is logged once, with the ID of its request: %s',
  async (accept) => {
    await database.ask('alter table review rename column rating to stars');
    const query = '{ menu { items(first: 3) { nodes { sku ... @defer { averageRating } } } } }';
    const response = await send(url, query, { accept }).response;
    const text = await readText(response);
    await database.ask('alter table review rename column stars to rating');
    const requestId = response.headers['x-request-id'];
    expect(text.split(`"requestId":"${requestId}"`)).toHaveLength(4);
    expect(await newLines(2)).toMatchObject([
      { level: 50, requestId },
      { operation: 'query (no name)', requestId, errors: 3 },
    ]);
  },
);

test('each request has an ID of its own in its response and in its lines, whatever it sends', async () => {
  const own = { 'x-request-id': 'mine' };
  const responses = [
    await send(url, 'query One { about { name } }', own).response,
    await send(url, '{', own).response,
    await fetch(`${url}/uploads/nothing`, { method: 'HEAD', headers: own }),
    await fetch(`${url}/ready`, { headers: own }),
    await fetch(`${url}/nothing`, { headers: own }),
  ];
  const ids = responses.map(({ headers }) => (headers instanceof Headers ? headers.get(ID) : headers[ID]));
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(responses.length);
  expect(await newLines(3)).toMatchObject([
    { operation: 'query One', requestId: ids[0] },
    { operation: 'refused', requestId: ids[1] },
    { request: 'HEAD /uploads', requestId: ids[2] },
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
  expect(await newLines(1)).toMatchObject([{ operation: 'query Parts', calls: 2, errors: 1 }]);
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
  expect(await newLines(1)).toMatchObject([{ operation: 'query Late', calls: 2, errors: 1 }]);
});

test('what is wrong with a request and not with the server is not logged as a fault', async () => {
  const headers = { 'content-type': 'application/json' };
  for (const body of ['{', '[]', '{}', '']) await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  await ask(url, 'query After { menu { count } }');
  const all = await newLines(1);
  expect(all.filter(({ level }) => level !== 30)).toEqual([]);
});

function lines(): Line[] {
  return server.stdout
    .split('\n')
    .filter((text) => text.startsWith('{'))
    .map((text) => JSON.parse(text));
}

/** What was logged since the test began, as soon as there are so many lines; no more may follow. */
async function newLines(count: number): Promise<Line[]> {
  await eventually(() => expect(lines().length).toBeGreaterThanOrEqual(seen + count));
  const found = lines().slice(seen);
  expect(found).toHaveLength(count);
  return found;
}
