import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, launch } from './account.ts';
import type { Binaries } from './binaries.ts';
import { readPostmasterFile } from './postmaster-file.ts';

/** Long enough for crash recovery. */
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const LOG_LINES = 10;
const MAX_PORTS = 3;

/** How a server is started. */
interface ServerOptions {
  account: Account;
  binaries: Binaries;
  /** PostgreSQL's own data directory. */
  data: string;
  /** Overwritten by each start. */
  logFile: string;
  settings: Readonly<Record<string, string>>;
  /** Whether it does not keep this process alive. */
  isBackground: boolean;
  signal: AbortSignal;
  /** After which a stopping server is killed. */
  stopTimeoutMs: number;
}

/** A server that accepts connections on 127.0.0.1. */
interface Server extends AsyncDisposable {
  port: number;
}

/**
 * Starts a server on a free port and waits until it accepts connections. Disposing of it ends its sessions and waits until
 * it has exited.
 * @throws with the last lines of its log if it does not start
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const child = await spawnServer(options, await findFreePort());
    try {
      const port = await readyPort(child, options);
      if (options.isBackground) child.unref();
      return { port, [Symbol.asyncDispose]: () => stop(child, options) };
    } catch (error) {
      await stop(child, options);
      options.signal.throwIfAborted();
      const log = await readFile(options.logFile, 'utf8');
      // Another program may have taken the port meanwhile.
      if (attempt < MAX_PORTS && log.includes('could not bind')) continue;
      const lastLines = log.trimEnd().split('\n').slice(-LOG_LINES).join('\n');
      throw new Error(`PostgreSQL did not start. The end of ${options.logFile}:\n${lastLines}`, { cause: error });
    }
  }
}

async function spawnServer({ account, binaries, data, logFile, settings }: ServerOptions, port: number) {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: `${port}`,
    shared_buffers: '128MB',
    max_connections: '200',
    ...settings,
  };
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await using log = await open(logFile, 'w');
  return launch(account, binaries.postgres, ['-D', data, ...args], ['ignore', log.fd, log.fd]);
}

async function readyPort(child: ChildProcess, { data, signal }: ServerOptions): Promise<number> {
  let failure: unknown;
  child.once('error', (error) => {
    failure = error;
  });
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    if (failure) throw failure;
    if (hasEnded(child)) throw new Error(`PostgreSQL ended with ${child.exitCode ?? child.signalCode}.`);
    const file = await readPostmasterFile(data);
    if (file?.isReady && file.pid === child.pid) return file.port;
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new Error(`PostgreSQL was not ready after ${START_TIMEOUT_MS} ms.`);
}

async function stop(child: ChildProcess, { binaries, data, stopTimeoutMs }: ServerOptions): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  // SIGINT is PostgreSQL's fast shutdown. Windows lacks the signal, so pg_ctl is used there.
  if (process.platform === 'win32') execFile(binaries.pg_ctl, ['stop', '-D', data, '-m', 'fast', '-W'], () => {});
  else child.kill('SIGINT');
  await exited;
  clearTimeout(timer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('Expected a TCP address.');
  return address.port;
}
