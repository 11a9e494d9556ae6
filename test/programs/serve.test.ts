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

test('services, migrate, seed and serve make a shop together, also if serve is first', async () => {
  await services.said(/SUPPLIERS_URL=.*\n/);
  const urls = toSettings(services.stdout);
  expect(Object.keys(urls)).toEqual(SERVICES.map((name) => `${name}_URL`));

  await using server = runGather(['serve', '--wait'], { DATABASE_URL, ...urls, PORT: '0', NODE_ENV: 'production' });
  await server.said(/^Waiting: The database lacks the migrations 0001-jobs, .*, and the job queue: run /);
  await using other = runGather(['migrate'], { DATABASE_URL });
  const migrated = await Promise.all([runToEnd(['migrate']), other.exit().then(() => other.stdout)]);
  expect(migrated.map((text) => /migrations: (.*) \(/.exec(text)?.[1]).sort()).toEqual([
    MIGRATIONS.join(', '),
    'none to run',
  ]);
  for (const text of migrated) expect(text).toMatch(/\n {2}job queue: add, .* \(.*\)\n$/);
  expect(await runToEnd(['seed', '--wait'])).toMatch(/^ {2}sample data: 100 suppliers, 1,000 items, .* \(.*\)\n$/);
  expect(await runToEnd(['seed'])).toMatch(/^ {2}sample data: already there \(.*\)\n$/);
  const url = await server.url();
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

const UNREACHABLE = 'The database cannot be reached (connect ECONNREFUSED 127.0.0.1:1): start it';

test.each([
  ['serve', ', check DATABASE_URL, or wait for it with `npm run gather -- serve --wait`.'],
  ['work', ', check DATABASE_URL, or wait for it with `npm run gather -- work --wait`.'],
  ['seed', ', check DATABASE_URL, or wait for it with `npm run gather -- seed --wait`.'],
  ['migrate', ' or check DATABASE_URL.'],
])('%s says why the database cannot be reached, and what helps', async (command, advice) => {
  const urls = Object.fromEntries(SERVICES.map((name) => [`${name}_URL`, 'http://127.0.0.1:1']));
  await using program = runGather([command], { ...urls, DATABASE_URL: 'postgres://gather@127.0.0.1:1/gather' });
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect({ stdout: program.stdout, stderr: program.stderr }).toEqual({
    stdout: '',
    stderr: `${UNREACHABLE}${advice}\n`,
  });
});

test.each([
  ['work', { code: 0 }],
  ['serve', { code: 0 }],
  ['serve --processes 2', { code: 0 }],
  // What it was asked for is not done.
  ['seed', { signal: 'SIGINT' }],
] as const)('%s --wait says once what it waits for, and ends at once on Ctrl-C', async (command, exit) => {
  const urls = Object.fromEntries(SERVICES.map((name) => [`${name}_URL`, 'http://127.0.0.1:1']));
  const env = { ...urls, DATABASE_URL: 'postgres://gather@127.0.0.1:1/gather' };
  await using program = runGather([...command.split(' '), '--wait'], env);
  await program.said(/Waiting: .*ECONNREFUSED.*\n/);
  program.pressCtrlC();
  expect(await program.exit()).toMatchObject(exit);
  expect(program.stdout).toBe(
    'Waiting: The database cannot be reached at present (connect ECONNREFUSED 127.0.0.1:1).\n',
  );
  expect(program.stderr).toBe('');
});

test('migrate --status lists the migrations, and fails unless the database is up to date', async () => {
  const empty = await createTestDatabase({}, { isEmpty: true });
  const status = async () => {
    await using program = runGather(['migrate', '--status'], { DATABASE_URL: empty.databaseUrl });
    const { code } = await program.exit();
    expect(program.stderr).toBe('');
    return {
      code,
      lines: program.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.trim().split(/ {2,}/)),
    };
  };
  expect(await status()).toEqual({
    code: 1,
    lines: [...MIGRATIONS.map((name) => [name, 'missing']), ['job queue', 'missing, or of another version']],
  });
  await using program = runGather(['migrate'], { DATABASE_URL: empty.databaseUrl });
  await program.exit();
  const applied = MIGRATIONS.map((name) => [name, expect.stringMatching(/^applied \d{4}-\d\d-\d\dT[\d:.]+Z$/)]);
  expect(await status()).toEqual({ code: 0, lines: [...applied, ['job queue', 'installed']] });
  await empty.ask(`insert into gather."appMigration" values ('0009-later', '2026-01-01T00:00:00Z')`);
  const later = ['0009-later', 'applied 2026-01-01T00:00:00Z, not known to this version'];
  expect(await status()).toEqual({ code: 1, lines: [...applied, later, ['job queue', 'installed']] });
  await empty.drop();
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
