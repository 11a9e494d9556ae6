import { type IncomingMessage, request } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readText } from '../helpers/client.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { startHttpServer } from '../helpers/http-server.ts';
import { type Program, runGather } from '../helpers/program.ts';

const DASHBOARD_PASSWORD = 'smoke: ümlaut & 12';

let database: TestDatabase;
let DATABASE_URL: string;
let open: Program;
let url: string;
let locked: Program;
let lockedUrl: string;

beforeAll(async () => {
  database = await createTestDatabase();
  DATABASE_URL = database.databaseUrl;
  open = runGather(['dashboard'], { DATABASE_URL, DASHBOARD_PORT: '0' });
  locked = runGather(['dashboard'], {
    DATABASE_URL,
    DASHBOARD_PORT: '0',
    DASHBOARD_HOST: '0.0.0.0',
    DASHBOARD_PASSWORD,
  });
  url = await urlOf(open);
  lockedUrl = (await urlOf(locked)).replace('0.0.0.0', '127.0.0.1');
});
afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await locked[Symbol.asyncDispose]();
  await database.drop();
});

test('it lists the queues', async () => {
  const response = await fetch(`${url}/queues`);
  const page = await response.text();
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html');
  expect(page).toContain('href="/queues/add"');
  expect(page).not.toContain(new URL(DATABASE_URL).password);
});

test('its styles and scripts are there', async () => {
  const page = await (await fetch(url)).text();
  const paths = new Set([...page.matchAll(/"(\/assets\/[^"]+\.(?:js|css))"/g)].map(([, path]) => path as string));
  expect(paths.size).toBeGreaterThan(5);
  for (const path of paths) {
    const response = await fetch(url + path);
    expect({ path, status: response.status, type: response.headers.get('content-type') }).toEqual({
      path,
      status: 200,
      type: expect.stringMatching(path.endsWith('.css') ? /^text\/css/ : /^text\/javascript/),
    });
    expect(await response.text()).not.toContain('//fonts.');
  }
});

test('nothing of it comes from another host, nor is it shown within a page of one', async () => {
  const response = await fetch(url);
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'self' .*; frame-ancestors 'none'$/);
  const targets = [...(await response.text()).matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target]) => target);
  expect(targets.filter((target) => /^(\w+:)?\/\//.test(target ?? ''))).toEqual([]);
});

test('it changes nothing', async () => {
  const countJobs = async () => (await database.ask('select from pgboss.job')).length;
  const before = await countJobs();
  for (const method of ['POST', 'PUT', 'DELETE', 'TRACE']) {
    const response = await ask(`${url}/queues/add`, { method });
    expect(response).toMatchObject({ status: 405, text: expect.stringContaining('cancelJob') });
  }
  expect(await countJobs()).toBe(before);
});

test.each(['evil.example', 'evil.example:4001', '127.0.0.1.evil.example', 'localhost.evil', '[::2]', '127.0.0.1@evil'])(
  'without a password, a request to the host "%s" is refused',
  async (host) => {
    const { status, text } = await ask(url, { headers: { host } });
    expect({ status, text }).toEqual({
      status: 421,
      text: `Expected a request to 127.0.0.1, localhost or [::1], got one to "${host}".\n`,
    });
  },
);

test.each(['localhost', 'LOCALHOST:80', '127.0.0.1:4001', '[::1]', '[::1]:4001'])(
  'without a password, a request to the host "%s" is answered',
  async (host) => {
    expect(await ask(url, { headers: { host } })).toMatchObject({ status: 200 });
  },
);

test('a target that begins with two slashes names no other host', async () => {
  expect(await ask(url, { path: '//evil.example/queues' })).toMatchObject({ status: 404 });
});

test('with a password, whoever knows it is let in, under any user name and any host', async () => {
  for (const user of ['', 'admin', 'mære']) {
    const authorization = basic(`${user}:${DASHBOARD_PASSWORD}`);
    expect(await ask(lockedUrl, { headers: { authorization, host: 'ops.example' } })).toMatchObject({ status: 200 });
  }
});

test.each([
  ['no credentials', undefined],
  ['another password', basic('admin:wrong')],
  ['the password in another case', basic(`admin:${DASHBOARD_PASSWORD.toUpperCase()}`)],
  ['a part of the password', basic(`admin:${DASHBOARD_PASSWORD.slice(0, -1)}`)],
  ['the password as the user name', basic(DASHBOARD_PASSWORD)],
  ['nothing', basic('')],
  ['another scheme', `Bearer ${DASHBOARD_PASSWORD}`],
])('with a password, %s is refused, whatever is asked for', async (_, authorization) => {
  const headers: Record<string, string> = authorization ? { authorization } : {};
  for (const [method, path] of [
    ['GET', '/'],
    ['POST', '/queues/add'],
    ['GET', '/assets/none.js'],
  ]) {
    const { status, text, challenge } = await ask(lockedUrl, { method, path, headers });
    expect({ status, challenge }).toEqual({ status: 401, challenge: 'Basic realm="Gather", charset="UTF-8"' });
    expect(text).toMatch(/^Expected the password .*\n$/);
  }
});

test.each(['0.0.0.0', '::', '::1:80', '192.0.2.1', 'localhost.example'])(
  'it does not listen on %s without a password',
  async (DASHBOARD_HOST) => {
    await using program = runGather(['dashboard'], { DATABASE_URL, DASHBOARD_HOST, DASHBOARD_PASSWORD: '' });
    expect(await program.exit()).toMatchObject({ code: 1 });
    expect({ stdout: program.stdout, stderr: program.stderr }).toEqual({
      stdout: '',
      stderr: `DASHBOARD_HOST is ${DASHBOARD_HOST}, where others may reach the dashboard. Set DASHBOARD_PASSWORD to at least 12 characters, or DASHBOARD_HOST to 127.0.0.1.\n`,
    });
  },
);

test('a short password is refused, and not shown', async () => {
  await using program = runGather(['dashboard'], { DATABASE_URL, DASHBOARD_PASSWORD: 'hunter2' });
  expect(await program.exit()).toMatchObject({ code: 2 });
  expect(program.stderr).toBe(
    'These settings cannot be used:\n  DASHBOARD_PASSWORD: expected at least 12 characters, got "…"\n',
  );
});

test('by default other addresses of the machine do not answer', async () => {
  const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  for (const { address, family, internal } of others) {
    if (internal || family !== 'IPv4') continue;
    await expect(fetch(url.replace('127.0.0.1', address))).rejects.toThrow('fetch failed');
  }
});

test.each([
  ['SIGINT', (program: Program) => program.pressCtrlC()],
  ['SIGTERM', (program: Program) => program.kill('SIGTERM')],
])('%s ends it at once, also while a page waits for PostgreSQL', async (_, end) => {
  await using program = runGather(['dashboard'], { DATABASE_URL, DASHBOARD_PORT: '0' });
  const programUrl = await urlOf(program);
  await (await fetch(programUrl)).text();
  await using _lock = await lockQueue();
  const page = fetch(`${programUrl}/queues`).then(
    (response) => response.status,
    () => 'cut off',
  );
  await waitForStatement();
  end(program);
  expect(await program.exit()).toMatchObject({ code: 0, signal: null });
  expect(await page).toBe('cut off');
});

test('it says that its port is taken', async () => {
  const taken = await startHttpServer();
  const { port } = new URL(taken.url);
  await using program = runGather(['dashboard'], { DATABASE_URL, DASHBOARD_PORT: port });
  expect(await program.exit()).toMatchObject({ code: 1 });
  const advice = 'Set DASHBOARD_PORT to another one, or to 0 for any that is free.';
  expect(program.stderr).toBe(`Port ${port} on 127.0.0.1 is taken. ${advice}\n`);
  await taken.close();
});

test('it says why the database cannot be reached', async () => {
  await using program = runGather(['dashboard'], { DATABASE_URL: 'postgres://gather@127.0.0.1:1/gather' });
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect(program.stderr).toBe('The database cannot be reached at present.\nconnect ECONNREFUSED 127.0.0.1:1\n');
});

test('it says that nothing runs where it was to find a database', async () => {
  const DATA_DIR = `${tmpdir()}/gather-none`;
  await using program = runGather(['dashboard'], { DATA_DIR });
  expect(await program.exit()).toMatchObject({ code: 1 });
  const advice = 'Run `start` first, or set DATABASE_URL or DATA_DIR.';
  expect(program.stderr).toBe(`No Gather runs in ${DATA_DIR}. ${advice}\n`);
});

async function urlOf(program: Program): Promise<string> {
  const [, found = ''] = await program.said(/^The dashboard is ready: (http:\S+)$/m);
  return found;
}

interface Options {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
}

/** Asks as `fetch` cannot: with any method, any target and any `Host`. */
async function ask(address: string, { path, ...options }: Options) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(address, { agent: false, ...options, ...(path && { path }) }, resolve);
    outgoing.on('error', reject).end();
  });
  const text = await readText(response);
  return { status: response.statusCode, challenge: response.headers['www-authenticate'], text };
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/** Keeps everyone from reading the queues until it is disposed of. */
async function lockQueue(): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: DATABASE_URL, application_name: 'test' });
  await client.connect();
  await client.query('begin; lock table pgboss.queue in access exclusive mode');
  return { [Symbol.asyncDispose]: () => client.end() };
}

async function waitForStatement(): Promise<void> {
  const waiting = `select from pg_stat_activity where application_name = 'gather dashboard' and wait_event_type = 'Lock'
    and datname = current_database()`;
  await expect.poll(async () => (await database.ask(waiting)).length).toBeGreaterThan(0);
}
