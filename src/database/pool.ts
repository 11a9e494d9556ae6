import pg from 'pg';
import { openSession } from './session.ts';

/** How PostgreSQL is reached, and how long anything may take there. */
export interface PoolConfig {
  /** `postgres://user:password@host:port/database`. */
  databaseUrl: string;
  /** Connections at most. */
  poolSize: number;
  /** How long a statement waits for a connection, in milliseconds. */
  connectTimeoutMs: number;
  /** After which the server stops a statement, in milliseconds. */
  statementTimeoutMs: number;
}

/** The connections of one server. */
export interface Pools {
  /** For statements. */
  pool: pg.Pool;
  /** For cursors, so that readers who take their time keep no connection from the statements of others. */
  cursors: pg.Pool;
  /** For what must not wait behind the others: stopping them, and asking whether the server is ready. */
  control: pg.Pool;
}

const CURSOR_CONNECTIONS = 4;
const CONTROL_CONNECTIONS = 2;
const CONTROL_TIMEOUT_MS = 2000;
/** A statement that the server did not stop in time is given up on the client's side after this much more. */
const GRACE_MS = 1000;
const TEXT_TYPES = new Set<number>([pg.types.builtins.TIMESTAMPTZ, pg.types.builtins.DATE]);

/** Timestamps and dates stay text: see `Timestamp`. Everything else is parsed as pg does by default. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    TEXT_TYPES.has(oid) ? (value: string) => value : pg.types.getTypeParser(oid, format as 'text'),
};

/** Connects to PostgreSQL, at first use. Survives a restart of the server. End it with `endPools`. */
export function createPools(config: PoolConfig): Pools {
  return {
    pool: createPool(config),
    cursors: createPool({ ...config, poolSize: CURSOR_CONNECTIONS }),
    control: createPool({
      ...config,
      poolSize: CONTROL_CONNECTIONS,
      connectTimeoutMs: CONTROL_TIMEOUT_MS,
      statementTimeoutMs: CONTROL_TIMEOUT_MS,
    }),
  };
}

/** Closes the connections once what runs on them has ended. */
export async function endPools({ pool, cursors, control }: Pools): Promise<void> {
  await Promise.all([pool.end(), cursors.end()]);
  // Last what stops statements: those of requests that were cut off may be under way until now.
  await control.end();
}

function createPool(config: PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    connectionString: config.databaseUrl,
    max: config.poolSize,
    connectionTimeoutMillis: config.connectTimeoutMs,
    query_timeout: config.statementTimeoutMs + GRACE_MS,
    onConnect: (client) =>
      openSession(client, config.connectTimeoutMs, {
        statementTimeoutMs: config.statementTimeoutMs,
        idleInTransactionTimeoutMs: config.statementTimeoutMs * 2,
      }),
    application_name: 'gather',
    keepAlive: true,
    types,
  });
  // A lost connection fails the statement that runs on it. Without these listeners it would end the process too.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
