import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { startHttpServer } from '../helpers/http-server.ts';
import { MIGRATIONS } from '../helpers/migrations.ts';
import { ask, type Program, runGather } from '../helpers/program.ts';

const SERVICES = ['PROMO', 'RECOMMENDATIONS', 'PRICING', 'INVENTORY', 'SUPPLIERS'];

let database: TestDatabase;
let DATABASE_URL: string;
let services: Program;

beforeAll(async () => {
  database = await createTestDatabase({}, { isEmpty: true });
  DATABASE_URL = database.databaseUrl;
  services = runGather(['services'], { SERVICES_PORT: '0' });
});
afterAll(async () => {
  await services[Symbol.asyncDispose]();
  await database.drop();
});

test('services, migrate, seed and serve make a shop together', async () => {
  await services.said(/SUPPLIERS_URL=.*\n/);
  const urls = toSettings(services.stdout);
  expect(Object.keys(urls)).toEqual(SERVICES.map((name) => `${name}_URL`));

  await using server = runGather(['serve'], { DATABASE_URL, ...urls, PORT: '0', NODE_ENV: 'production' });
  const url = await server.url();
  expect(await (await fetch(`${url}/ready`)).json()).toMatchObject({
    isReady: false,
    reason: `Migrations are missing: ${MIGRATIONS.join(', ')}`,
  });
  expect(await runToEnd(['migrate'])).toMatch(
    /^ {2}migrations: 0001-jobs, .*, 0001-shop, .*\n {2}job queue: add, .* \(.*\)\n$/,
  );
  expect(await runToEnd(['migrate'])).toMatch(/^ {2}migrations: none to run \(.*\)\n {2}job queue: add, .* \(.*\)\n$/);
  expect(await runToEnd(['seed'])).toMatch(/^ {2}sample data: 100 suppliers, 1,000 items, .* \(.*\)\n$/);
  expect(await runToEnd(['seed'])).toMatch(/^ {2}sample data: already there \(.*\)\n$/);
  expect((await fetch(`${url}/ready`)).status).toBe(200);

  const { data, errors, extensions } = await ask(
    url,
    '{ home { promo { title } recommendations { item { name } } featured(first: 1) { currentPrice stock } } }',
  );
  expect({ errors, extensions }).toEqual({ errors: undefined, extensions: { cost: expect.any(Object) } });
  expect(data.home.promo.title).toBe('Brisket week');
  expect(data.home.recommendations).not.toHaveLength(0);
  expect(data.home.featured).toEqual([{ currentPrice: expect.any(String), stock: expect.any(Number) }]);

  server.pressCtrlC();
  expect(await server.exit()).toMatchObject({ code: 0 });
  services.pressCtrlC();
  expect(await services.exit()).toMatchObject({ code: 0 });
  expect(server.stderr + services.stderr).toBe('');
});

test('SIGTERM has /ready say 503 before the port closes; Ctrl-C does not wait', { timeout: 60_000 }, async () => {
  const urls = toSettings(services.stdout);
  const env = { DATABASE_URL, ...urls, PORT: '0', SHUTDOWN_DELAY_MS: '60000' };
  await using server = runGather(['serve'], env);
  const url = await server.url();
  server.kill('SIGTERM');
  await expect.poll(async () => (await fetch(`${url}/ready`)).status, { timeout: 10_000 }).toBe(503);
  expect(await ask(url, '{ __typename }')).toMatchObject({ data: { __typename: 'Query' } });
  // The second time ends the wait; sooner it would be taken for the first one, passed on by npm.
  await sleep(300);
  server.kill('SIGTERM');
  expect(await server.exit()).toMatchObject({ code: 0 });

  await using other = runGather(['serve'], env);
  await other.url();
  other.pressCtrlC();
  expect(await other.exit()).toMatchObject({ code: 0 });
});

test.each([
  ['migrate', { DATABASE_URL: 'postgres://gather@127.0.0.1:1/gather' }],
  ['seed', { DATABASE_URL: 'postgres://gather@127.0.0.1:1/gather' }],
])('%s says why the database cannot be reached', async (command, env) => {
  await using program = runGather([command], env);
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect(program.stderr).toBe('The database cannot be reached at present.\nconnect ECONNREFUSED 127.0.0.1:1\n');
});

test.each([
  ['services', 'SERVICES_PORT'],
  ['serve', 'PORT'],
])('%s says that its port is taken', async (command, setting) => {
  const taken = await startHttpServer();
  const { port } = new URL(taken.url);
  const urls = Object.fromEntries(SERVICES.map((name) => [`${name}_URL`, 'http://127.0.0.1:1']));
  await using program = runGather([command], { DATABASE_URL, ...urls, [setting]: port });
  expect(await program.exit()).toMatchObject({ code: 1 });
  const advice = `Set ${setting} to another one, or to 0 for any that is free.`;
  expect(program.stderr).toBe(`Port ${port} on 127.0.0.1 is taken. ${advice}\n`);
  await taken.close();
});

async function runToEnd(args: string[]): Promise<string> {
  await using program = runGather(args, { DATABASE_URL });
  const { code } = await program.exit();
  expect({ code, stderr: program.stderr }).toEqual({ code: 0, stderr: '' });
  return program.stdout;
}

/** Each line must be one that a shell can export: nothing to quote in it. */
function toSettings(stdout: string): Record<string, string> {
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^[A-Z]+_URL=http:\/\/127\.0\.0\.1:\d+$/);
  return Object.fromEntries(lines.map((line) => line.split('=') as [string, string]));
}
