import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real PgBouncer. Disposing of it ends it. */
export interface PgBouncer extends AsyncDisposable {
  /** The address of a database by way of it. */
  urlOf(databaseUrl: string): string;
}

const START_MS = 10_000;

/** Whether there is one to test with. */
export const hasPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0;

/** @param poolSize how many connections to PostgreSQL it has for each database */
export async function startPgBouncer(
  serverUrl: string,
  mode: 'session' | 'transaction',
  poolSize: number,
): Promise<PgBouncer> {
  const { hostname, port: serverPort, username, password } = new URL(serverUrl);
  const port = await findPort();
  const directory = await mkdtemp(join(tmpdir(), 'gather-pgbouncer-'));
  const file = join(directory, 'pgbouncer.ini');
  const server = `host=${hostname} port=${serverPort} user=${username} password='${decodeURIComponent(password)}'`;
  await writeFile(
    file,
    `[databases]
* = ${server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${poolSize}
max_client_conn = 200
`,
  );
  const child = spawnAsOther('pgbouncer', [file]);
  const log = text(child.stderr as NodeJS.ReadableStream);
  const exit = once(child, 'exit');
  try {
    await untilListening(child, port);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`PgBouncer did not start: ${await log}`, { cause: error });
  }
  return {
    urlOf: (databaseUrl) => {
      const url = new URL(databaseUrl);
      url.host = `127.0.0.1:${port}`;
      return url.href;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGINT');
      child.kill('SIGQUIT');
      await exit;
      await rm(directory, { recursive: true });
    },
  };
}

/** It refuses to run as root. The configuration is read before it changes to another user. */
function spawnAsOther(command: string, args: string[]): ChildProcess {
  const asOther = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  return spawn(command, [...asOther, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  const { connect } = await import('node:net');
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await sleep(20);
  }
  throw new Error('It does not listen.');
}
