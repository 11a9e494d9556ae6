import pg from 'pg';
import type { Logger } from '../monitoring/log.ts';
import { createHalves, type Shares, StatementShares } from './connection-shares.ts';
import { LostDatabase } from './lost-database.ts';
import { RowClient } from './row-client.ts';
import { jobChannel } from './schemas.ts';
import { backendOf, openSession } from './session.ts';
import type { Definitions } from './tables.ts';
import { cancelByProtocol, joinTransactionPool, type Pooling } from './transaction-pooling.ts';
import { ValueTypes } from './value-types.ts';

/** The connection to PostgreSQL, and its timeouts. */
export interface PoolConfig {
  /** The definitions of all tables. */
  definitions: Definitions;
  /** The schema of the job queue's tables. */
  queueSchema: string;
  /** `postgres://user:password@host:port/database`. */
  databaseUrl: string;
  /** Maximum number of connections for statements; there are ten others. */
  poolSize: number;
  /** How long a statement waits for its share of connections, and then for a connection, in milliseconds. */
  connectTimeoutMs: number;
  /** After which the server stops a statement, in milliseconds. */
  statementTimeoutMs: number;
  /** How a pooler at that URL pools. @default session */
  pooling?: Pooling | undefined;
  /** PostgreSQL's `application_name`. @default gather */
  applicationName?: string;
  /** For the loss of the database. @default none */
  log?: Logger;
  /** Its name in the log. @default postgres */
  source?: string;
}

/** The connections of one server, and the definitions of its tables. */
export interface Pools extends Pick<PoolConfig, 'definitions' | 'queueSchema'> {
  /** For statements. */
  pool: pg.Pool;
  /** For cursors, so that slow readers take no connection from other statements. */
  cursors: pg.Pool;
  /** For sessions and sign-in, so that they do not wait behind pages. */
  accounts: pg.Pool;
  /** For cancel requests and `/ready`, which must not wait behind other statements. */
  control: pg.Pool;
  /** Asks PostgreSQL to cancel the statement that a connection runs. */
  cancel(client: pg.PoolClient): Promise<unknown>;
  /** The shares of each pool's connections; a pool without shares is unlimited. */
  shares: ReadonlyMap<pg.Pool, Shares>;
  /** How long PostgreSQL may take to answer before its connection counts as broken. */
  answerTimeoutMs: number;
  /** While others wait for a cursor, a reader must take the next rows within this time. */
  cursorIdleMs: number;
  /** Told of each failure; logs the loss of the database. */
  lost: LostDatabase | undefined;
}

const CURSOR_CONNECTIONS = 4;
const ACCOUNT_CONNECTIONS = 4;
const CONTROL_CONNECTIONS = 2;
const CONTROL_TIMEOUT_MS = 2000;
/** Added to the statement timeout before the client gives up on a statement that the server did not stop. */
const GRACE_MS = 1000;

/** Creates pools that connect on first use, and survive a restart of PostgreSQL. Call `endPools` at the end. */
export function createPools(config: PoolConfig): Pools {
  const { poolSize, connectTimeoutMs: timeoutMs } = config;
  const pool = createPool(config);
  const cursors = createPool({ ...config, poolSize: CURSOR_CONNECTIONS });
  const accounts = createPool({ ...config, poolSize: ACCOUNT_CONNECTIONS });
  const control = createPool(
    {
      ...config,
      poolSize: CONTROL_CONNECTIONS,
      connectTimeoutMs: CONTROL_TIMEOUT_MS,
      statementTimeoutMs: CONTROL_TIMEOUT_MS,
    },
    { query_timeout: CONTROL_TIMEOUT_MS + GRACE_MS },
  );
  return {
    definitions: config.definitions,
    queueSchema: config.queueSchema,
    pool,
    cursors,
    accounts,
    control,
    cancel:
      config.pooling === 'transaction'
        ? cancelByProtocol
        : (client) => control.query('select pg_cancel_backend($1)', [backendOf(client)]),
    shares: new Map<pg.Pool, Shares>([
      [pool, new StatementShares({ size: poolSize, timeoutMs })],
      [cursors, createHalves({ size: CURSOR_CONNECTIONS, timeoutMs })],
      [accounts, createHalves({ size: ACCOUNT_CONNECTIONS, timeoutMs })],
    ]),
    answerTimeoutMs: config.statementTimeoutMs + GRACE_MS,
    // Two checks within the time that callers wait.
    cursorIdleMs: timeoutMs / 2,
    lost: config.log && new LostDatabase(config.log, config.source ?? 'postgres', control),
  };
}

/** The pools with those of sessions and sign-in in place of those of statements. */
export function forAccounts(pools: Pools): Pools {
  return { ...pools, pool: pools.accounts };
}

/** The channel on which PostgreSQL notifies of changes of jobs. */
export function channelOf({ definitions }: Pools): string {
  return jobChannel(definitions['gather.job'].schema);
}

/** Closes the connections once their statements have ended. */
export async function endPools({ pool, cursors, accounts, control, lost }: Pools): Promise<void> {
  lost?.close();
  await Promise.all([pool.end(), cursors.end(), accounts.end()]);
  // Last, the pool that cancels statements: those of aborted requests may still be running.
  await control.end();
}

function createPool(config: PoolConfig, options: pg.PoolConfig = {}): pg.Pool {
  const types = new ValueTypes();
  const open = (client: pg.ClientBase) => {
    if (config.pooling === 'transaction') return joinTransactionPool(client, config.connectTimeoutMs);
    return openSession(client, config.connectTimeoutMs, {
      statementTimeoutMs: config.statementTimeoutMs,
      idleInTransactionTimeoutMs: config.statementTimeoutMs * 2,
    });
  };
  const pool = new pg.Pool({
    ...options,
    Client: RowClient,
    connectionString: config.databaseUrl,
    max: config.poolSize,
    connectionTimeoutMillis: config.connectTimeoutMs,
    onConnect: async (client) => {
      await open(client);
      await types.learn(client, config.connectTimeoutMs);
    },
    application_name: config.applicationName ?? 'gather',
    keepAlive: true,
    types,
  });
  // A lost connection fails the statement that runs on it. Without these listeners it would end the process too.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
