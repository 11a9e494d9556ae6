import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { ask, type Exit, endPostgresOf, Program, postgresOf, runGather } from '../helpers/program.ts';

/** Far less than a request under way may take where it is let finish. */
const SECONDS_MS = 20_000;
/** After which the program may get a Ctrl-C once more, from npm. */
const PASSED_ON_MS = 20;
/** Longer than it takes npm to pass on a Ctrl-C, and still quick for a person. */
const BETWEEN_MS = 300;

let database: TestDatabase;
let dataDir: string;
let stack: AsyncDisposableStack;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gather-stop-'));
  stack = new AsyncDisposableStack();
  stack.defer(() => rm(dataDir, { recursive: true }));
});
afterEach(async () => {
  const left = await endPostgresOf(dataDir);
  await stack.disposeAsync();
  expect(left).toEqual([]);
});

test('a signal to the program alone stops all of it', async () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const program = start();
    await program.url();
    program.kill(signal);
    await expectStopped(program);
  }
});

test.each([0, 400, 800, 1200, 1600, 2000])(
  'Ctrl-C twice, %i ms after the start, stops all of it, and the next start works',
  { timeout: 60_000 },
  async (delayMs) => {
    const program = start();
    await sleep(delayMs);
    program.pressCtrlC();
    await sleep(BETWEEN_MS);
    program.pressCtrlC();
    const { code, signal } = await program.exit();
    // Before it is loaded, and once it has nothing left to do, it ends as any program does.
    expect([0, 'SIGINT']).toContain(code ?? signal);
    expect(program.stderr).toBe('');
    expect(await postgresOf(dataDir)).toEqual([]);

    const next = start();
    const { data } = await ask(await next.url(), '{ menu { count } }');
    expect(data).toEqual({ menu: { count: 1000 } });
    next.pressCtrlC();
    await expectStopped(next);
  },
);

test.each([
  ['node', ['src/main.ts', 'start'], { code: 0 }],
  // npm ends by the signal itself when the program has ended.
  ['npm', ['start', '--silent'], { signal: 'SIGINT' }],
] as const)('one Ctrl-C lets requests under way finish, with %s', async (command, args, exit) => {
  const program = stack.use(new Program(command, [...args], settings({ DATABASE_URL: database.databaseUrl })));
  const answer = ask(await program.url(), '{ quotes(count: 1) { message } }');
  await sleep(500);
  program.pressCtrlC();
  await sleep(PASSED_ON_MS);
  program.kill('SIGINT');
  expect((await answer).data.quotes.message).toMatch(/^fetched 1 quote in \d+\.\d\d seconds$/);
  const begin = performance.now();
  await expectStopped(program, exit);
  expect(performance.now() - begin).toBeLessThan(SECONDS_MS);
});

test.each([
  ['a second Ctrl-C cuts requests off', 2, 0],
  ['after one Ctrl-C requests have five seconds', 1, 5000],
])('%s', async (_, times, graceMs) => {
  const env = { DATABASE_URL: database.databaseUrl };
  const program = start(graceMs === 0 ? { ...env, DRAIN_TIMEOUT_MS: '60000' } : env);
  const answer = ask(await program.url(), '{ quotes(count: 10, mode: SEQUENTIAL) { message } }').catch(
    (error) => error,
  );
  await sleep(500);
  program.pressCtrlC();
  const begin = performance.now();
  await sleep(BETWEEN_MS);
  if (times > 1) program.pressCtrlC();
  await expectStopped(program);
  expect(performance.now() - begin).toBeGreaterThan(graceMs - BETWEEN_MS);
  expect(performance.now() - begin).toBeLessThan(graceMs + SECONDS_MS);
  expect(await answer).toBeInstanceOf(Error);
});

test('Ctrl-C stops a start that waits for a database that says nothing', async () => {
  const connected = Promise.withResolvers<Socket>();
  const silent = createServer(connected.resolve).listen(0, '127.0.0.1');
  stack.defer(() => void silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const program = start({ DATABASE_URL: `postgres://gather:x@127.0.0.1:${port}/gather` });
  const socket = await connected.promise;
  stack.defer(() => void socket.destroy());
  const begin = performance.now();
  program.pressCtrlC();
  await expectStopped(program);
  expect(performance.now() - begin).toBeLessThan(SECONDS_MS);
});

test.each([
  ['start', 'gather."appMigration"', { code: 0 }],
  ['start --migrate', 'gather."engineMigrationLock"', { code: 0 }],
  ['start --seed', 'supplier', { code: 0 }],
  ['migrate', 'gather."engineMigrationLock"', { signal: 'SIGINT' }],
  ['seed', 'supplier', { signal: 'SIGINT' }],
] as const)('Ctrl-C stops %s while another holds %s', async (words, table, exit) => {
  const bystander = new pg.Client({ connectionString: database.databaseUrl });
  stack.defer(() => bystander.end());
  await bystander.connect();
  await bystander.query(`begin; lock table ${table} in access exclusive mode`);
  const program = stack.use(runGather(words.split(' '), settings({ DATABASE_URL: database.databaseUrl })));
  const isWaiting = () =>
    database.ask(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`);
  while ((await isWaiting()).length === 0) await sleep(20);
  const begin = performance.now();
  program.pressCtrlC();
  await expectStopped(program, exit);
  expect(performance.now() - begin).toBeLessThan(SECONDS_MS);
});

function settings(env: Record<string, string> = {}): Record<string, string> {
  return { DATA_DIR: dataDir, PORT: '0', ...env };
}

function start(env: Record<string, string> = {}): Program {
  return stack.use(runGather(['start'], settings(env)));
}

async function expectStopped(program: Program, exit: Partial<Exit> = { code: 0 }): Promise<void> {
  const ended = await program.exit();
  expect(program.stderr).toBe('');
  expect(ended).toMatchObject(exit);
  expect(await postgresOf(dataDir)).toEqual([]);
}
