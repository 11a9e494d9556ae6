import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Answer } from '../helpers/app.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { json, startHttpServer } from '../helpers/http-server.ts';
import { ask, endPostgresOf, type Program, postgresOf, runGather } from '../helpers/program.ts';

const run = promisify(execFile);

let dataDir: string;
let stack: AsyncDisposableStack;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gather-start-'));
  stack = new AsyncDisposableStack();
  stack.defer(() => rm(dataDir, { recursive: true }));
});
afterEach(async () => {
  const left = await endPostgresOf(dataDir);
  await stack.disposeAsync();
  expect(left).toEqual([]);
});

test('the first run sets everything up, says so, and answers the query that it shows', {
  timeout: 60_000,
}, async () => {
  const program = start({ LOG: 'none' });
  const url = await program.url();
  expect((await ask(url, '{ menu { count } }')).data).toEqual({ menu: { count: 1000 } });

  await program.said(/Ctrl-C stops everything\.\n/);
  expect(
    program.stdout
      .replace(/\(\d+ ms\)|\(\d+\.\d s\)/g, '(TIME)')
      .replace(/:\d+/g, ':PORT')
      .replace(/[\w-]{20}(?= {3}|")/g, 'PASSWORD'),
  ).toBe(`Gather starts:
  PostgreSQL set up (TIME)
  PostgreSQL started: 127.0.0.1:PORT (TIME)
  migrations: 0001-jobs, 0002-files, 0003-accounts, 0004-file-counts, 0005-owners, 0006-storage-rights, 0001-shop, 0002-orders, 0003-certificates, 0004-item-words (TIME)
  job queue: add, fetchData, prepareOrder, dailyStatistics, sweepJobs, describeImage, removeBytes, sweepFiles, sweepSessions (TIME)
  sample data: 100 suppliers, 1,000 items, 500 customers, 10,000 reviews, 30 tasks, 600 orders, 30 days of statistics (TIME)
  example services: promo, recommendations, pricing, inventory, suppliers (TIME)
  worker (TIME)

Gather is ready:
  http://127.0.0.1:PORT/graphql   GraphiQL, with queries to try
  http://127.0.0.1:PORT/ready     whether it can serve
  http://127.0.0.1:PORT/promo     data of an example service, which jobs may fetch
  npm run gather psql              the database, from another terminal

A first query:
  curl http://127.0.0.1:PORT/graphql -H 'content-type: application/json' \\
    -d '{"query":"{ home { promo { title } featured(first: 3) { name price } } }"}'

Accounts to try, with new passwords at each start:
  pitmaster@smokehouse.example   PASSWORD   STAFF
  guest@smokehouse.example       PASSWORD   CUSTOMER

To sign in. GraphiQL keeps the cookie; other clients send the token, as \`Authorization: Bearer …\`:
  mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }
  with the variables {"input":{"email":"pitmaster@smokehouse.example","password":"PASSWORD"}}

Ctrl-C stops everything.

`);
  for (const [, shown = ''] of program.stdout.matchAll(/^ {2}(http:\S+)/gm)) {
    expect(await fetch(shown, { headers: { accept: 'text/html' } })).toMatchObject({ status: 200 });
  }
  const [, query = ''] = await program.said(/A first query:\n([\s\S]*)\n\nAccounts/);
  const { data, errors } = JSON.parse((await run('sh', ['-c', `${query} --silent --max-time 10`])).stdout);
  expect(errors).toBeUndefined();
  expect(data.home).toEqual({
    promo: { title: expect.any(String) },
    featured: Array(3).fill({ name: expect.any(String), price: expect.stringMatching(/^\d+\.\d\d$/) }),
  });
  await stop(program);
});

test('later runs set nothing up again and keep the data', async () => {
  const first = start();
  await askAsPitmaster(first, 'mutation { createTask(input: { title: "Stoke" }) { task { id } } }');
  await stop(first);
  const again = start();
  const { data } = await askAsPitmaster(again, '{ tasks(last: 1) { nodes { title } } }');
  expect(data.tasks.nodes).toEqual([{ title: 'Stoke' }]);
  expect(again.stdout).not.toContain('set up');
  expect(again.stdout).toMatch(/migrations: none to run .*\n {2}job queue: .*\n {2}sample data: already there /);
  await stop(again);
});

test('a job fetches the URL that is shown, and no other of this machine', async () => {
  const program = start();
  const [, shown = ''] = await program.said(/(http:\S+) +data of an example service/);
  const fetchData = (url: string) => `mutation { fetchData(url: "${url}") { job { id } userErrors { message } } }`;
  const { data } = await askAsPitmaster(program, fetchData(shown));
  expect(data.fetchData.userErrors).toEqual([]);
  const read = `{ job(id: "${data.fetchData.job.id}") { state result } }`;
  await expect
    .poll(async () => (await askAsPitmaster(program, read)).data.job)
    .toMatchObject({ state: 'SUCCEEDED', result: { status: 200, body: { title: 'Brisket week' } } });
  const own = await askAsPitmaster(program, fetchData(`${await program.url()}/ready`));
  expect(own.data.fetchData).toMatchObject({
    job: null,
    userErrors: [{ message: expect.stringContaining('public host') }],
  });
  await stop(program);
});

test('psql opens the database, and without psql its URL is shown', { timeout: 180_000 }, async () => {
  const program = start();
  await program.said(/npm run gather psql/);
  await program.said(/Ctrl-C stops everything/);
  const bin = join(dataDir, 'bin');
  await mkdir(bin);
  const without = stack.use(runGather(['psql'], { DATA_DIR: dataDir, PATH: bin }));
  expect(await without.exit()).toMatchObject({ code: 0 });
  const [, shown = ''] =
    /psql is not installed\. Any client opens the database:\n {2}(postgres:\S+)\n$/.exec(without.stdout) ?? [];
  const { password, href } = new URL(shown);
  expect(password).not.toBe('');
  // Shows what it is called with.
  await writeFile(join(bin, 'psql'), '#!/bin/sh\necho "$1 $PGPASSWORD"\n', { mode: 0o755 });
  const opened = stack.use(runGather(['psql'], { DATA_DIR: dataDir, PATH: `${bin}:/bin:/usr/bin` }));
  expect(await opened.exit()).toMatchObject({ code: 0 });
  expect(opened.stdout).toBe(`${href.replace(`:${password}`, '')} ${password}\n`);
  await stop(program);
});

test('accounts to try are made in development only', async () => {
  const program = start({ NODE_ENV: 'production' });
  await program.said(/Ctrl-C stops everything/);
  expect(program.stdout).not.toMatch(/pitmaster|password/i);
  const mutation =
    'mutation { signIn(input: { email: "guest@smokehouse.example", password: "x" }) { userErrors { code } } }';
  const { data } = await ask(await program.url(), mutation);
  expect(data.signIn.userErrors).toEqual([{ code: 'WRONG_CREDENTIALS' }]);
  await stop(program);
});

test('a database and a service that are set are used, and nothing is embedded', async () => {
  const database = await createTestDatabase({}, { isEmpty: true });
  stack.defer(() => database.drop());
  const promo = await startHttpServer(json({ title: 'Ours', text: 'Not the example.' }));
  stack.defer(() => promo.close());
  const program = start({ DATABASE_URL: database.databaseUrl, PROMO_URL: promo.url }, ['--migrate', '--seed']);
  const { data } = await ask(
    await program.url(),
    '{ home { promo { title } recommendations { reason } } menu { count } }',
  );
  expect(data).toEqual({
    home: { promo: { title: 'Ours' }, recommendations: expect.arrayContaining([{ reason: expect.any(String) }]) },
    menu: { count: 1000 },
  });
  expect(promo.requests).toHaveLength(1);
  expect(program.stdout).not.toContain('PostgreSQL');
  expect(program.stdout).toContain('example services: recommendations, pricing, inventory, suppliers (');
  expect(await readdir(dataDir)).toEqual([]);
  await stop(program);
});

test('a directory in use and a taken port are said in a sentence', async () => {
  const first = start();
  const url = await first.url();
  const { port } = new URL(url);

  const sameDirectory = start();
  expect(await sameDirectory.exit()).toMatchObject({ code: 1 });
  expect(sameDirectory.stderr).toMatch(
    new RegExp(
      `^Another Gather \\(process \\d+\\) is using ${dataDir}\\. Stop it, or set DATA_DIR to another directory\\.\n$`,
    ),
  );

  const otherDirectory = join(dataDir, 'other');
  const samePort = start({ DATA_DIR: otherDirectory, PORT: port });
  expect(await samePort.exit()).toMatchObject({ code: 1 });
  expect(samePort.stderr).toBe(
    `Port ${port} on 127.0.0.1 is taken. Set PORT to another one, or to 0 for any that is free.\n`,
  );
  expect(await postgresOf(otherDirectory)).toEqual([]);

  expect((await ask(url, '{ menu { exists } }')).data).toEqual({ menu: { exists: true } });
  await stop(first);
});

test('a directory that cannot be used is said in a sentence', async () => {
  const file = join(dataDir, 'file');
  await writeFile(file, '');
  const program = start({ DATA_DIR: join(file, 'data') });
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect(program.stderr).toMatch(/^ENOTDIR: not a directory, .*\n$/);
});

test('a host that is not of this machine is said in a sentence', async () => {
  const program = start({ HOST: 'smokehouse.invalid' });
  expect(await program.exit()).toMatchObject({ code: 1 });
  expect(program.stderr).toBe('HOST is smokehouse.invalid, which is not an address of this machine.\n');
});

test.each(['the program', 'the program and its PostgreSQL'])(
  'a start after a crash of %s works and keeps the data',
  { timeout: 60_000 },
  async (victim) => {
    const killed = start();
    await askAsPitmaster(killed, 'mutation { createTask(input: { title: "Stoke" }) { task { id } } }');
    const file = join(dataDir, 'postgres', 'postmaster.pid');
    const postmaster = Number.parseInt(await readFile(file, 'utf8'), 10);
    killed.kill('SIGKILL');
    if (victim !== 'the program') process.kill(postmaster, 'SIGKILL');
    expect(await killed.exit()).toMatchObject({ signal: 'SIGKILL' });
    expect(Number.parseInt(await readFile(file, 'utf8'), 10)).toBe(postmaster);

    const next = start();
    const { data } = await askAsPitmaster(next, '{ tasks(last: 1) { nodes { title } } }');
    expect(data.tasks.nodes).toEqual([{ title: 'Stoke' }]);
    await stop(next);
  },
);

test('it goes on when nobody reads its output any more', async () => {
  const port = `${await freePort()}`;
  const program = start({ PORT: port });
  await program.said(/Gather starts:/);
  program.leaveOutput();
  const url = `http://127.0.0.1:${port}`;
  await eventually(() => fetch(`${url}/health`));
  for (const _ of [1, 2]) expect((await ask(url, '{ menu { exists } }')).data).toEqual({ menu: { exists: true } });
  await stop(program);
});

/** Starts all of it on this test's directory and any free port. */
function start(env: Record<string, string> = {}, flags: string[] = []): Program {
  return stack.use(runGather(['start', ...flags], { DATA_DIR: dataDir, PORT: '0', ...env }));
}

/** Sends an operation as the pitmaster, who signs in with the password that the program shows. */
async function askAsPitmaster(program: Program, query: string) {
  const url = await program.url();
  const [, mutation = '', variables = ''] = await program.said(/(mutation .*signIn.*)\n {2}with the variables (.*)/);
  const { data } = await ask(url, mutation, JSON.parse(variables));
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${data.signIn.token}` };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return (await response.json()) as Answer;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function stop(program: Program): Promise<void> {
  program.pressCtrlC();
  expect(await program.exit()).toMatchObject({ code: 0 });
  expect(program.stderr).toBe('');
  expect(await postgresOf(dataDir)).toEqual([]);
}
