import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findBinaries } from '../../../src/gather/embedded-postgres/binaries.ts';
import { lockSocket } from '../../../src/gather/embedded-postgres/directory-lock.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/gather/embedded-postgres/embedded-postgres.ts';
import type { Step } from '../../../src/gather/step.ts';

const run = promisify(execFile);
const settings = { fsync: 'off' };
const isRoot = process.getuid?.() === 0;

let dataDir: string;
let stack: AsyncDisposableStack;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gather-embedded-'));
  stack = new AsyncDisposableStack();
  stack.defer(() => rm(dataDir, { recursive: true }));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stack.disposeAsync();
  expect(await processesOf(dataDir)).toEqual([]);
});

test('the first run sets up a database with a password, on this machine only; the second finds the data', async () => {
  const first = await start();
  expect(await ask(first, 'show server_encoding')).toEqual([{ server_encoding: 'UTF8' }]);
  expect(await ask(first, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  expect(await ask(first, 'show unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
  expect(await ask(first, 'show password_encryption')).toEqual([{ password_encryption: 'scram-sha-256' }]);
  const locale = `select current_database() as name, current_user as who, datlocprovider, datlocale from pg_database`;
  expect(await ask(first, `${locale} where datname = current_database()`)).toEqual([
    { name: 'gather', who: 'gather', datlocprovider: 'b', datlocale: 'C.UTF-8' },
  ]);
  expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
  const withoutPassword = { databaseUrl: first.databaseUrl.replace(/:[^:@]*@/, ':wrong@') };
  await expect(ask(withoutPassword, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  await ask(first, 'create table ember as select 42 as heat');
  await first.stop();

  const second = await start();
  expect(await ask(second, 'select heat from ember')).toEqual([{ heat: 42 }]);
});

test('each step is told at its start and at its end', async () => {
  const steps: string[] = [];
  await start({ onStep: ({ what, detail, ms }) => steps.push(`${what} ${detail ? 'at ' : ''}${ms ? 'done' : ''}`) });
  expect(steps).toEqual([
    'PostgreSQL set up ',
    'PostgreSQL set up done',
    'PostgreSQL started ',
    'PostgreSQL started at ',
    'PostgreSQL started at done',
  ]);
});

test('stopping ends open sessions, and may be asked for again at any time', async () => {
  const postgres = await start();
  const client = new pg.Client({ connectionString: postgres.databaseUrl });
  const errors: Error[] = [];
  client.on('error', (error) => errors.push(error));
  await client.connect();
  await Promise.all([postgres.stop(), postgres.stop()]);
  expect(errors).not.toEqual([]);
  await postgres.stop();
  expect(await processesOf(dataDir)).toEqual([]);
});

test.each([
  ['set up', 0],
  ['set up', 300],
  ['started', 0],
  ['started', 30],
])('a start that is aborted at the step "%s" after %i ms leaves nothing running', async (step, ms) => {
  const controller = new AbortController();
  const reason = new Error('Ctrl-C');
  const onStep = ({ what }: Step) => {
    if (what.endsWith(step)) setTimeout(() => controller.abort(reason), ms);
  };
  await expect(start({ signal: controller.signal, onStep })).rejects.toBe(reason);
  expect(await processesOf(dataDir)).toEqual([]);
  expect((await readdir(dataDir)).filter((name) => name.startsWith('postgres.new'))).toEqual([]);
  await start();
});

test('a setup that was cut off is done again', async () => {
  await mkdir(join(dataDir, 'postgres.new-abc', 'base'), { recursive: true });
  await writeFile(join(dataDir, 'postgres.new-abc', 'PG_VERSION'), '18');
  await start();
  expect((await readdir(dataDir)).toSorted()).toEqual(['postgres', 'postgres-password', 'postgres.log']);
});

test('a directory belongs to one Gather at a time', async () => {
  const other = await startElsewhere();
  await expect(start()).rejects.toThrow(
    `Another Gather (process ${other.pid}) is using ${dataDir}. Stop it, or set DATA_DIR to another directory.`,
  );
  other.kill('SIGTERM');
  await once(other, 'exit');
  await start();
});

test('a server whose Gather was killed is shut down and started anew', async () => {
  const other = await startElsewhere();
  const orphan = await postmasterPid();
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(await processesOf(dataDir)).not.toEqual([]);
  const postgres = await start();
  expect(await postmasterPid()).not.toBe(orphan);
  expect(await ask(postgres, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test.each(['ended', 'another program'])(
  'the file of a killed server does not matter: its process is %s',
  async (now) => {
    const postgres = await start();
    await ask(postgres, 'create table ember as select 42 as heat; checkpoint');
    const file = join(dataDir, 'postgres', 'postmaster.pid');
    const content = await readFile(file, 'utf8');
    await postgres.stop();
    const program = spawn('sleep', ['60']);
    stack.defer(() => void program.kill());
    if (now === 'ended') {
      program.kill();
      await once(program, 'exit');
    }
    await writeFile(file, content.replace(/^\d+/, `${program.pid}`));
    expect(await ask(await start(), 'select heat from ember')).toEqual([{ heat: 42 }]);
    if (now === 'another program') expect(program.exitCode ?? program.signalCode).toBeNull();
  },
);

test('a server that does not start shows the end of its log, and leaves the directory free', async () => {
  await expect(start({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
    /PostgreSQL did not start\. The end of .*postgres\.log:\n[\s\S]*invalid value for parameter "shared_buffers": "plenty"/,
  );
  await start();
});

test('where the lock is a file, one that a killed process left is taken over', async () => {
  const address = join(dataDir, 'lock.sock');
  const killed = spawn(process.execPath, [
    '-e',
    `net.createServer().listen(${JSON.stringify(address)}, () => console.log())`,
  ]);
  await once(killed.stdout, 'data');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  expect(await readdir(dataDir)).toEqual(['lock.sock']);
  {
    await using _lock = await lockSocket(address, dataDir);
    await expect(lockSocket(address, dataDir)).rejects.toThrow(`Another Gather (process ${process.pid})`);
  }
  await using _lock = await lockSocket(address, dataDir);
});

test.runIf(isRoot)('root runs it as nobody where there are no user namespaces, and back', async ({ skip }) => {
  skip(!(await nobodyReaches((await findBinaries()).postgres)), 'the user nobody cannot reach the programs');
  const withNamespaces = await start();
  await ask(withNamespaces, 'create table ember as select 42 as heat');
  await withNamespaces.stop();

  await hideUnshare();
  const asNobody = await start();
  expect(await ask(asNobody, 'select heat from ember')).toEqual([{ heat: 42 }]);
  expect((await run('ps', ['-o', 'user=', '-p', await postmasterPid()])).stdout.trim()).toBe('nobody');
  await asNobody.stop();

  vi.unstubAllEnvs();
  expect(await ask(await start(), 'select heat from ember')).toEqual([{ heat: 42 }]);
});

test.runIf(isRoot)('root sets it up as nobody where there are no user namespaces', async ({ skip }) => {
  skip(!(await nobodyReaches((await findBinaries()).postgres)), 'the user nobody cannot reach the programs');
  await hideUnshare();
  expect(await ask(await start(), 'select 1 as one')).toEqual([{ one: 1 }]);
});

test.runIf(isRoot)('a directory that nobody cannot reach is named', async () => {
  await hideUnshare();
  const inside = join(dataDir, 'private', 'data');
  await mkdir(join(dataDir, 'private'), { mode: 0o700 });
  await expect(start({ dataDir: inside })).rejects.toThrow(
    /PostgreSQL does not run as root, and the user "nobody" cannot reach .*\. Run Gather as another user, or set DATABASE_URL\./,
  );
});

async function start(options: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, settings, ...options });
  stack.defer(() => postgres.stop());
  return postgres;
}

/** A Gather in a process of its own, which ends well on SIGTERM. */
async function startElsewhere(): Promise<ChildProcess> {
  const program = `
    import { startEmbeddedPostgres } from '${new URL('../../../src/gather/embedded-postgres/embedded-postgres.ts', import.meta.url)}';
    const postgres = await startEmbeddedPostgres(${JSON.stringify({ dataDir, settings })});
    process.once('SIGTERM', () => postgres.stop());
    console.log('started');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  stack.defer(() => void child.kill('SIGKILL'));
  if (child.stdout) await once(child.stdout, 'data');
  return child;
}

async function ask({ databaseUrl }: Pick<EmbeddedPostgres, 'databaseUrl'>, statement: string): Promise<object[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(): Promise<string> {
  const [pid = ''] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  return pid;
}

async function processesOf(directory: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-ww', '-e', '-o', 'command=']);
  return stdout.split('\n').filter((command) => /postgres|initdb/.test(command) && command.includes(directory));
}

async function nobodyReaches(path: string): Promise<boolean> {
  return run('test', ['-x', path], { uid: 65534 }).then(
    () => true,
    () => false,
  );
}

/** A PATH with what is needed, but not the program that makes user namespaces. */
async function hideUnshare(): Promise<void> {
  const bin = await mkdtemp(join(tmpdir(), 'gather-bin-'));
  stack.defer(() => rm(bin, { recursive: true }));
  await run('chmod', ['755', bin]);
  for (const name of ['id', 'test', 'chown', 'ps']) {
    const { stdout } = await run('which', [name]);
    await symlink(stdout.trim(), join(bin, name));
  }
  vi.stubEnv('PATH', bin);
}
