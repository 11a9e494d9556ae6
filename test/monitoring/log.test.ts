import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { readText, send } from '../helpers/client.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { ask, type Program, runGather } from '../helpers/program.ts';
import { startServices, type TestServices } from '../helpers/services.ts';

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
  expect(line?.['ms']).toBeGreaterThanOrEqual(100);
  expect(line?.['ms']).toBeLessThan(1000);
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
  expect(JSON.stringify(fault)).toMatch(/database\.ts/);
  expect(line).toMatchObject({ level: 30, errors: 1 });
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
  await vi.waitFor(() => expect(services.promo.open).toHaveLength(1));
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
  await vi.waitFor(() => expect(lines().length).toBeGreaterThanOrEqual(seen + count), { timeout: 5000 });
  const found = lines().slice(seen);
  expect(found).toHaveLength(count);
  return found;
}
