import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { startHttpServer } from '../helpers/http-server.ts';
import { startLoad } from '../helpers/load.ts';
import { childrenOf, type Program, runGather } from '../helpers/program.ts';
import { startServices, type TestServices } from '../helpers/services.ts';
import { post } from '../helpers/stranger.ts';

const MENU = '{ menu { first { name supplier { name } } } }';
const ABOUT = { query: '{ about { name } }' };
const POLL = { timeout: 30_000 };

let database: TestDatabase;
let services: TestServices;
let dataDir: string;
let stack: AsyncDisposableStack;

beforeAll(async () => {
  database = await createTestDatabase();
  services = await startServices();
  dataDir = await mkdtemp(join(tmpdir(), 'gather-processes-'));
});
afterAll(async () => {
  await services.close();
  await rm(dataDir, { recursive: true });
  await database.drop();
});
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

test('SIGHUP replaces the processes one by one, and no request fails', { timeout: 240_000 }, async () => {
  const program = serve(2);
  const url = await program.url();
  const before = childrenOf(program);
  expect(before).toHaveLength(2);
  const load = startLoad(url, {
    clients: 5,
    query: MENU,
    expected: /"first":\{"name":"/,
    pauseMs: 50,
    headersOf: (client) => ({ 'x-forwarded-for': `198.51.100.${client}` }),
  });
  stack.defer(() => load.stop());
  await expect.poll(() => load.answered, POLL).toBeGreaterThan(100);
  program.kill('SIGHUP');
  await expect.poll(() => program.stdout, { timeout: 150_000 }).toContain('All processes of the server are new');
  expect(childrenOf(program)).toHaveLength(2);
  expect(childrenOf(program).filter((pid) => before.includes(pid))).toEqual([]);
  const then = load.answered;
  await expect.poll(() => load.answered, POLL).toBeGreaterThan(then + 100);
  await load.stop();
  expect(load.failures).toEqual([]);
});

test('a process that dies starts again; the other ones go on', { timeout: 120_000 }, async () => {
  const program = serve(2);
  const url = await program.url();
  const [killed = 0, other] = childrenOf(program);
  process.kill(killed, 'SIGKILL');
  await expect.poll(() => childrenOf(program).filter((pid) => pid !== killed), POLL).toHaveLength(2);
  expect(childrenOf(program)).toContain(other);
  expect(await post(url, ABOUT)).toMatchObject({ status: 200 });
  expect(program.stdout).toMatch(new RegExp(`"pid":${killed},"code":null,"signal":"SIGKILL","delayMs":(0|500)`));
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s lets the requests of all processes finish', async (signal) => {
  const program = serve(2, { SHUTDOWN_DELAY_MS: '0' });
  const url = await program.url();
  const pids = childrenOf(program);
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  services.suppliers.gate = gate;
  const asked = Promise.all([1, 2, 3, 4].map(() => post(url, { query: '{ quotes(count: 1) { message } }' })));
  await expect.poll(() => services.suppliers.requests.length, POLL).toBe(4);
  program.kill(signal);
  await program.said(/Stopping: requests under way have 5 seconds/);
  open();
  for (const { status, body } of await asked) {
    expect({ status, body }).toMatchObject({ status: 200, body: expect.stringContaining('fetched 1 quote') });
  }
  services.suppliers.gate = undefined;
  services.suppliers.takeRequests();
  expect(await program.exit()).toMatchObject({ code: 0 });
  expect(program.stderr).toBe('');
  for (const pid of pids) expect(isRunning(pid)).toBe(false);
});

test('SIGTERM while SIGHUP replaces a process ends all, and lets their requests finish', async () => {
  const program = serve(2, { SHUTDOWN_DELAY_MS: '0' });
  const url = await program.url();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  services.suppliers.gate = gate;
  const asked = Promise.all([1, 2].map(() => post(url, { query: '{ quotes(count: 1) { message } }' })));
  await expect.poll(() => services.suppliers.requests.length, POLL).toBe(2);
  program.kill('SIGHUP');
  await expect.poll(() => childrenOf(program), POLL).toHaveLength(3);
  program.kill('SIGTERM');
  await program.said(/Stopping: /);
  await expect.poll(() => childrenOf(program), POLL).toHaveLength(2);
  open();
  expect(await asked).toMatchObject([{ status: 200 }, { status: 200 }]);
  services.suppliers.gate = undefined;
  services.suppliers.takeRequests();
  expect(await program.exit()).toMatchObject({ code: 0 });
  expect(program.stdout).not.toMatch(/did not start|are new/);
});

test('a viewer has the same points in every process, and in those that come later', { timeout: 120_000 }, async () => {
  // Nothing is restored that would matter.
  const program = serve(2, { COST_BUCKET: '1000', COST_RESTORE: '1' });
  const url = await program.url();
  // Each time on a connection of its own: they go round the processes.
  const ask = () => post(url, { query: '{ menu { items(first: 50) { nodes { name } } } }' });
  const left: number[] = [];
  let refused = 0;
  for (let round = 0; round < 30; round++) {
    const { status, body } = await ask();
    if (status === 429) refused += 1;
    else left.push(JSON.parse(body).extensions.cost.throttleStatus.currentlyAvailable);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect(left.length).toBeGreaterThan(5);
  expect(refused).toBeGreaterThan(5);
  // With points of its own, each process would be at the same number twice.
  expect(left).toEqual([...left].sort((a, b) => b - a));
  expect(new Set(left).size).toBe(left.length);

  const [killed = 0] = childrenOf(program);
  process.kill(killed, 'SIGKILL');
  await expect.poll(() => childrenOf(program).filter((pid) => pid !== killed), POLL).toHaveLength(2);
  for (let round = 0; round < 6; round++) expect(await ask()).toMatchObject({ status: 429 });
});

test('says once that the port is taken', async () => {
  const taken = await startHttpServer();
  stack.defer(() => taken.close());
  const program = serve(2, { PORT: new URL(taken.url).port });
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect(program.stderr).toMatch(/^Port \d+ on 127\.0\.0\.1 is taken\.[^\n]*\n$/);
});

test.each(['0', 'many', '1.5'])('--processes %s is refused', async (count) => {
  const program = serve(count);
  expect(await program.exit()).toMatchObject({ code: 2 });
  expect(program.stderr).toContain(`Expected a whole number from 1 to 1000 after --processes, got "${count}".`);
});

function serve(processes: number | string, env: Record<string, string> = {}): Program {
  const urls = Object.entries(services.urls).map(([name, url]) => [`${name.toUpperCase()}_URL`, url]);
  return stack.use(
    runGather(['serve', '--processes', `${processes}`], {
      NODE_ENV: 'production',
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: database.databaseUrl,
      PROXY_HOPS: '1',
      MAX_EVENT_LOOP_DELAY_MS: '60000',
      MAX_WAITING_VIEWERS: '1000',
      ...Object.fromEntries(urls),
      ...env,
    }),
  );
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
