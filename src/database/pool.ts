import pg from 'pg';

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

/** A statement that the server did not stop in time is given up on the client's side after this much more. */
const GRACE_MS = 1000;
const TEXT_TYPES = new Set<number>([pg.types.builtins.TIMESTAMPTZ, pg.types.builtins.DATE]);

/** Timestamps and dates stay text: see `Timestamp`. Everything else is parsed as pg does by default. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    TEXT_TYPES.has(oid) ? (value: string) => value : pg.types.getTypeParser(oid, format as 'text'),
};

/** The connections to PostgreSQL. Survives a restart of the server. End it with `pool.end()`. */
export function createPool(config: PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    connectionString: config.databaseUrl,
    max: config.poolSize,
    connectionTimeoutMillis: config.connectTimeoutMs,
    statement_timeout: config.statementTimeoutMs,
    query_timeout: config.statementTimeoutMs + GRACE_MS,
    idle_in_transaction_session_timeout: config.statementTimeoutMs * 2,
    options: '-c TimeZone=UTC',
    application_name: 'gather',
    keepAlive: true,
    types,
  });
  // A lost connection fails the statement that runs on it. Without these listeners it would end the process too.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** A pool of one connection, for asking the server to stop what runs on the others. */
export function createControlPool(config: PoolConfig): pg.Pool {
  return createPool({ ...config, poolSize: 1 });
}
