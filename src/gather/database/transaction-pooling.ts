import { once } from 'node:events';
import { connect } from 'node:net';
import type pg from 'pg';
import { SETTINGS } from './session.ts';

/** How long a pooler gives a client one connection to PostgreSQL: for its session, or for one transaction. */
export type Pooling = 'session' | 'transaction';

/** Settings that a pooler tracks for each client, and applies to each connection that it gives the client. */
const TRACKED = ['TimeZone', 'DateStyle', 'client_encoding'];
/** Settings without which a statement or an idle transaction could last for ever. */
const LIMITS = ['statement_timeout', 'idle_in_transaction_session_timeout'];
/** Longer than PgBouncer lets a cancel request wait for a connection, 10 s. */
const CANCEL_TIMEOUT_MS = 15_000;
/** https://www.postgresql.org/docs/current/protocol-message-formats.html, CancelRequest */
const CANCEL_REQUEST = 80_877_102;

/** What a cancel request needs of pg's client, which its types leave out. */
interface Cancellable {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}

const pooledByTransaction = new WeakSet<pg.ClientBase>();

/**
 * Prepares a connection to a pooler that pools by transaction. Other settings of a session would apply to the next
 * client's transactions too, so Gather sets only what the pooler tracks, checks the rest, and names no prepared statements.
 * @throws if the role or the database lacks a setting
 */
export async function joinTransactionPool(client: pg.ClientBase, timeoutMs: number): Promise<void> {
  const names = [...Object.keys(SETTINGS), ...LIMITS];
  const tracked = TRACKED.map((name) => `set_config('${name}', '${SETTINGS[name]}', false)`);
  const current = names.map((name) => `current_setting('${name}')`);
  const toRows = (expressions: string[]): pg.QueryArrayConfig & { query_timeout: number } => ({
    text: `select ${expressions.join(', ')}`,
    rowMode: 'array',
    query_timeout: timeoutMs,
  });
  await client.query(toRows(tracked));
  const { rows } = await client.query<string[]>(toRows(current));
  names.forEach((name, index) => {
    const actual = rows[0]?.[index];
    const expected = SETTINGS[name];
    if (expected === undefined ? actual !== '0' : actual === expected) return;
    const wanted = expected === undefined ? 'a limit' : `"${expected}"`;
    throw new Error(
      `Expected ${wanted} as the setting ${name} of the database, got "${actual}". With DATABASE_POOLING=transaction ` +
        'it must be set there: alter database … set …, and reconnect the pooler.',
    );
  });
  pooledByTransaction.add(client);
}

/** Whether statements on this connection must have no names. */
export function isPooledByTransaction(client: pg.ClientBase): boolean {
  return pooledByTransaction.has(client);
}

/**
 * Asks a pooler to cancel the statement of a client, which the pooler runs on a connection of its own. Resolves once the
 * pooler has passed on the request.
 * @throws if it does not answer within 15 seconds
 */
export async function cancelByProtocol(client: pg.ClientBase): Promise<void> {
  const { host, port, processID, secretKey } = client as unknown as Cancellable;
  const request = Buffer.alloc(16);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(CANCEL_REQUEST, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
  try {
    // Not `end`: if its client leaves before the request is done, PgBouncer 1.18 crashes.
    socket.on('error', () => {}).write(request);
    await once(socket.resume(), 'close', { signal });
  } finally {
    socket.destroy();
  }
}
