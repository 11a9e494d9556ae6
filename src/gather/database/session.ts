import type pg from 'pg';

/** The timeouts of a session. @default the server's */
export interface SessionLimits {
  /** After which the server stops a statement, in milliseconds. */
  statementTimeoutMs?: number;
  /** After which the server ends an idle transaction, in milliseconds. */
  idleInTransactionTimeoutMs?: number;
  /** How long a statement waits for a lock, in milliseconds. */
  lockTimeoutMs?: number;
}

/** The value formats and the transaction isolation that statements rely on. */
export const SETTINGS: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  client_encoding: 'UTF8',
  default_transaction_isolation: 'read committed',
};

const backends = new WeakMap<pg.ClientBase, number>();
const readOnly = new WeakSet<pg.ClientBase>();

/**
 * Applies the settings that statements rely on to a new connection. Uses a statement, because poolers such as PgBouncer
 * refuse or ignore start-up parameters.
 * @param timeoutMs of the statement
 * @throws if a setting does not take effect
 */
export async function openSession(client: pg.ClientBase, timeoutMs: number, limits: SessionLimits = {}): Promise<void> {
  const settings = Object.entries({ ...SETTINGS, ...toSettings(limits) });
  const calls = settings.map((_, index) => `set_config($${2 * index + 1}, $${2 * index + 2}, false)`);
  const statement: pg.QueryArrayConfig & { query_timeout: number } = {
    text: `select pg_backend_pid(), current_setting('default_transaction_read_only'), ${calls.join(', ')}`,
    values: settings.flat(),
    rowMode: 'array',
    query_timeout: timeoutMs,
  };
  const { rows } = await client.query<unknown[]>(statement);
  const [backend, isReadOnly, ...values] = rows[0] ?? [];
  const [name, expected] = settings.find(([it, value], index) => it in SETTINGS && values[index] !== value) ?? [];
  if (name !== undefined) {
    const actual = values[settings.findIndex(([it]) => it === name)];
    throw new Error(`Expected a connection to PostgreSQL with the setting ${name} "${expected}", got "${actual}".`);
  }
  backends.set(client, Number(backend));
  if (isReadOnly === 'on') readOnly.add(client);
}

/** Options that open the session of each connection, for a pool that another library creates. */
export function openingSessions(timeoutMs: number): Pick<pg.PoolConfig, 'onConnect'> {
  return { onConnect: (client) => openSession(client, timeoutMs) };
}

/**
 * The process ID of a connection's backend in PostgreSQL. The one of the protocol's start-up may be a pooler's.
 */
export function backendOf(client: pg.ClientBase): number | undefined {
  return backends.get(client);
}

/**
 * Whether the role or the database of a connection has read-only transactions by its settings. A standby has them too, but
 * not for ever: it may become the primary.
 */
export function isReadOnlyByDefault(client: pg.ClientBase): boolean {
  return readOnly.has(client);
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
