import type pg from 'pg';

/** How long anything may take in a session. What is not given is as the server has it. */
export interface SessionLimits {
  /** After which the server stops a statement, in milliseconds. */
  statementTimeoutMs?: number;
  /** After which the server ends a transaction that nobody goes on with, in milliseconds. */
  idleInTransactionTimeoutMs?: number;
  /** How long a statement waits for a lock, in milliseconds. */
  lockTimeoutMs?: number;
}

/** How values are written and read, and what a transaction sees: other statements rely on it. */
const SETTINGS: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  client_encoding: 'UTF8',
  default_transaction_isolation: 'read committed',
};

const backends = new WeakMap<pg.ClientBase, number>();

/**
 * Brings a new connection into the state that every statement relies on, before its first use. In a statement and not
 * by start-up parameters: poolers such as PgBouncer refuse those, or ignore them.
 * @param timeoutMs how long it may take
 * @throws where a setting is not what it was set to
 */
export async function openSession(client: pg.ClientBase, timeoutMs: number, limits: SessionLimits = {}): Promise<void> {
  const settings = Object.entries({ ...SETTINGS, ...toSettings(limits) });
  const calls = settings.map((_, index) => `set_config($${2 * index + 1}, $${2 * index + 2}, false)`);
  const statement: pg.QueryArrayConfig & { query_timeout: number } = {
    text: `select pg_backend_pid(), ${calls.join(', ')}`,
    values: settings.flat(),
    rowMode: 'array',
    query_timeout: timeoutMs,
  };
  const { rows } = await client.query<unknown[]>(statement);
  const [backend, ...values] = rows[0] ?? [];
  const [name, expected] = settings.find(([it, value], index) => it in SETTINGS && values[index] !== value) ?? [];
  if (name !== undefined) {
    const actual = values[settings.findIndex(([it]) => it === name)];
    throw new Error(`Expected a connection to PostgreSQL with the setting ${name} "${expected}", got "${actual}".`);
  }
  backends.set(client, Number(backend));
}

/** For pools that others make: what opens the session of each of their connections. */
export function openingSessions(timeoutMs: number): Pick<pg.PoolConfig, 'onConnect'> {
  return { onConnect: (client) => openSession(client, timeoutMs) };
}

/**
 * The process of PostgreSQL that a connection has. What the protocol says of it at the start is, behind a pooler, a
 * number of the pooler's own.
 */
export function backendOf(client: pg.ClientBase): number | undefined {
  return backends.get(client);
}

function toSettings({ statementTimeoutMs, idleInTransactionTimeoutMs, lockTimeoutMs }: SessionLimits) {
  const timeouts = {
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    lock_timeout: lockTimeoutMs,
  };
  return Object.fromEntries(
    Object.entries(timeouts).flatMap(([name, ms]) => (ms === undefined ? [] : [[name, `${ms}ms`] as const])),
  );
}
