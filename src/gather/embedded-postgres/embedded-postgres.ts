import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import pg from 'pg';
import { inStep, type OnStep } from '../step.ts';
import { findAccount, own } from './account.ts';
import { findBinaries } from './binaries.ts';
import { dataDirectory, initialise, isInitialised, readPassword } from './data-directory.ts';
import { lockDirectory } from './directory-lock.ts';
import { stopOrphan } from './orphan.ts';
import { startServer } from './server.ts';

const STOP_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
const DATABASE = 'gather';

interface EmbeddedPostgresOptions {
  /** Holds `postgres/`, `postgres.log` and `postgres-password`. Created if missing. */
  dataDir: string;
  onStep?: OnStep;
  /** Aborts the start. A running server is stopped with `stop`. */
  signal?: AbortSignal;
  /** Settings of the server that override Gather's: `{ fsync: 'off' }`. */
  settings?: Readonly<Record<string, string>>;
  /** Whether a running server does not keep this process alive; the caller still stops it. @default false */
  isBackground?: boolean;
}

/** A running embedded PostgreSQL. */
export interface EmbeddedPostgres {
  databaseUrl: string;
  /** Ends its sessions and waits until it has exited. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that npm installed, on 127.0.0.1 and a free port, with its data in `dataDir`, which the first run
 * initialises. It has its own process group, so that Ctrl-C does not reach it: the caller stops it last. The next start
 * cleans up after a crash.
 *
 * @throws if another process uses `dataDir`; with the end of its log if PostgreSQL does not start
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { onStep = () => {}, signal = new AbortController().signal, settings = {}, isBackground = false } = options;
  signal.throwIfAborted();
  const dataDir = resolve(options.dataDir);
  await using stack = new AsyncDisposableStack();

  const binaries = await findBinaries();
  await mkdir(dataDir, { recursive: true });
  stack.use(await lockDirectory(options.dataDir));
  const account = await findAccount(binaries.postgres, dataDir);
  // Ctrl-C also kills the programs that were just run, whose failure must not be misread.
  signal.throwIfAborted();
  const data = dataDirectory(dataDir);
  await stopOrphan(data, binaries, STOP_TIMEOUT_MS);
  if (!(await isInitialised(dataDir))) {
    await inStep(onStep, 'PostgreSQL set up', () => initialise(dataDir, account, binaries, signal));
  }
  await own(account, data);
  const databaseUrl = await inStep(onStep, 'PostgreSQL started', async (report) => {
    const server = { account, binaries, data, logFile: `${data}.log`, settings, signal, isBackground };
    const { port } = stack.use(await startServer({ ...server, stopTimeoutMs: STOP_TIMEOUT_MS }));
    report(`127.0.0.1:${port}`);
    const serverUrl = `postgres://gather:${await readPassword(dataDir)}@127.0.0.1:${port}`;
    await createDatabase(serverUrl);
    return `${serverUrl}/${DATABASE}`;
  });
  signal.throwIfAborted();

  const running = stack.move();
  let stopped: Promise<void> | undefined;
  return {
    databaseUrl,
    stop: () => {
      stopped ??= running.disposeAsync();
      return stopped;
    },
  };
}

async function createDatabase(serverUrl: string): Promise<void> {
  const client = new pg.Client({
    connectionString: `${serverUrl}/postgres`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
