import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { type Compilable, type RawBuilder, sql } from 'kysely';
import type pg from 'pg';
import { type Call, call, publishCall, toOutcome, untilAborted } from '../calls.ts';
import type { Permit } from '../concurrency/semaphore.ts';
import { GatherError } from '../errors.ts';
import { tableNamedIn } from './connection-shares.ts';
import { isBroken, isCanceled, isStale, toGatherError } from './errors.ts';
import type { Pools } from './pool.ts';
import type { TableName } from './schema.ts';
import { type BoundStatement, prepareAnew, type Values } from './statement.ts';
import { bind, tableOf } from './table-definition.ts';
import type { Definitions } from './tables.ts';

/** PostgreSQL ignores a cancel request that overtakes its statement, so it is repeated until the statement ends. */
const CANCEL_AGAIN_MS = 50;
/** Stands for a table's name in the shares of connections: all transactions count as one table. */
const TRANSACTION = '(transaction)';
/** The permits of connections in use. */
const permits = new WeakMap<pg.PoolClient, Permit>();

/** How a statement appears in the timing. */
export interface Label {
  name: string;
  /** @default 1 */
  keys?: number;
}

/** The result of a statement. `count` is the number of rows that it returned or changed. */
export interface Result<Row> {
  rows: Row[];
  count: number;
}

/** The client that statements run for. */
export interface Client {
  /** Whose share of the connections they take. */
  key: string;
  /** Called with the time that PostgreSQL worked on each statement, in milliseconds, even if it failed or was cancelled. */
  onStatement?: (ms: number) => void;
  /** Called with the bytes of each row as it arrives. @returns whether more rows may come */
  onRead?: (bytes: number) => boolean;
}

/** Names a table in SQL. */
export type TableReference = (name: TableName | 'gather.jobChange' | 'gather.storage') => RawBuilder<unknown>;

type Query<Row> = BoundStatement<Row> | Compilable<Row>;

/**
 * PostgreSQL for one request or job. Measures each statement, and cancels it on the server when the signal aborts. Runs
 * prepared statements and any query of Kysely's builder.
 *
 * Throws `GatherError`: BUSY if all connections, or the client's share of them, are in use for too long;
 * DATABASE_UNAVAILABLE; DATABASE_TIMEOUT; CONFLICT, NOT_FOUND or INVALID_INPUT if a constraint rejects the values.
 */
export class Database {
  readonly signal: AbortSignal;
  readonly #pools: Pools;
  readonly #client: Client | undefined;
  readonly #transaction: pg.PoolClient | undefined;
  readonly #running = new Set<Promise<unknown>>();
  #cursors = 0;

  /** @param client undefined for the server's own statements, which count against no client's share */
  constructor(pools: Pools, signal: AbortSignal, client?: Client, transaction?: pg.PoolClient) {
    this.#pools = pools;
    this.signal = signal;
    this.#client = client;
    this.#transaction = transaction;
  }

  get definitions(): Definitions {
    return this.#pools.definitions;
  }

  /** The schema of the job queue's tables. */
  get queueSchema(): string {
    return this.#pools.queueSchema;
  }

  /**
   * Binds values to the statement of this shape, which is built on first use. In `build`, `table('gather.job')` is
   * `"gather"."job"`.
   */
  bind<Row>(shape: string, build: (table: TableReference) => RawBuilder<Row>, values: Values): BoundStatement<Row> {
    const { definitions } = this;
    const { schema } = definitions['gather.job'];
    const toName: TableReference = (name) =>
      name === 'gather.jobChange' ? sql.id(schema, 'jobChange') : tableOf(definitions[name]);
    return bind(`${schema} ${this.queueSchema} ${shape}`, () => build(toName), values);
  }

  /** Runs one statement. */
  run<Row>(query: Query<Row>, { name, keys = 1 }: Label): Promise<Result<Row>> {
    const statement = toBound(query);
    return call({ kind: 'postgres', name, keys, signal: this.signal }, () => this.#track(this.#execute(statement)));
  }

  /**
   * Runs one statement through a server-side cursor, and yields its rows in arrays of at most `batchSize`: memory is
   * constant for any number of rows. Holds the connection until the iteration ends or the signal aborts. In a transaction it
   * sees the transaction's changes, and other statements may run between the batches.
   */
  async *stream<Row>(query: Query<Row>, label: Label, batchSize: number): AsyncGenerator<Row[]> {
    if (this.#transaction) {
      yield* this.#fetch(query, label, batchSize);
      return;
    }
    const client = await this.#connect(this.#pools.cursors, tableNamedIn(toBound(query).text));
    const stalled = new AbortController();
    const signal = AbortSignal.any([this.signal, stalled.signal]);
    const inside = new Database(this.#pools, signal, this.#client, client);
    let ended: Promise<void> | undefined;
    const end = (failure?: unknown) => {
      ended ??= inside.#rollBack(client, failure);
      return ended;
    };
    let watch: NodeJS.Timeout | undefined;
    // If the reader never asks for the next rows, this still frees the connection and the timer.
    const onAbort = () => {
      clearInterval(watch);
      void end();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await inside.#track(inside.#execute(raw('begin read only')));
      for await (const rows of inside.#fetch(query, label, batchSize, this.signal)) {
        watch = this.#watchReader(stalled);
        yield rows;
        clearInterval(watch);
      }
    } catch (error) {
      await end(error);
      throw error;
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', onAbort);
      await end();
    }
  }

  /**
   * Runs `work` in a transaction: committed when it returns, rolled back when it throws or the signal aborts. Statements of
   * the transaction must use the database that is passed to `work`. In a transaction, joins that one.
   */
  async transaction<T>(work: (database: Database) => Promise<T>): Promise<T> {
    if (this.#transaction) return work(this);
    const client = await this.#connect(this.#pools.pool, TRANSACTION);
    const inside = new Database(this.#pools, this.signal, this.#client, client);
    let result: T;
    try {
      await inside.run(raw('begin'), { name: 'begin' });
      result = await work(inside);
      await inside.run(raw('commit'), { name: 'commit' });
    } catch (error) {
      await inside.#rollBack(client, error);
      throw error;
    }
    this.#release(client, undefined);
    return result;
  }

  /** The running statements of this request, except those of cursors. Each settles when it ends. */
  get running(): ReadonlySet<Promise<unknown>> {
    return this.#running;
  }

  /**
   * Declares the cursor in SQL, so that each batch is a statement. A cursor of the protocol would have one timeout for all
   * batches, the reader's time included, and would block the connection.
   * @param signal identifies the operation of the call
   */
  async *#fetch<Row>(
    query: Query<Row>,
    { name, keys = 1 }: Label,
    batchSize: number,
    signal = this.signal,
  ): AsyncGenerator<Row[]> {
    const { text, values } = toBound(query);
    const cursor = `gather_${this.#cursors++}`;
    const start = performance.now();
    let outcome: Call['outcome'] = 'ok';
    try {
      await this.#track(this.#execute(raw(`declare ${cursor} no scroll cursor for ${text}`, values)));
      while (true) {
        const { rows } = await this.#track(this.#execute(raw<Row>(`fetch ${batchSize} from ${cursor}`)));
        if (rows.length > 0) yield rows;
        if (rows.length < batchSize) break;
      }
    } catch (error) {
      outcome = toOutcome(error);
      throw error;
    } finally {
      // A transaction that has failed has closed its cursors.
      if (outcome === 'ok') await this.#track(this.#execute(raw(`close ${cursor}`))).catch(() => {});
      publishCall({ kind: 'postgres', name, keys, signal }, start, outcome);
    }
  }

  /** Ends the cursor if its reader stalls while others wait for a cursor. */
  #watchReader(stalled: AbortController): NodeJS.Timeout {
    const { shares, cursors, cursorIdleMs } = this.#pools;
    const cutOff = () => {
      if ((shares.get(cursors)?.waiting ?? 0) > 0) stalled.abort(tooSlow(cursorIdleMs));
    };
    return setInterval(cutOff, cursorIdleMs);
  }

  /** On a broken connection does not roll back, which would only delay the caller. */
  async #rollBack(client: pg.PoolClient, error: unknown): Promise<void> {
    await Promise.allSettled(this.#running);
    let failure = error instanceof GatherError && error.source === 'postgres' ? error.cause : undefined;
    if (!isBroken(failure)) {
      failure = await client.query('rollback').then(
        () => undefined,
        (rollbackError: unknown) => rollbackError,
      );
    }
    this.#release(client, failure);
  }

  async #execute<Row>(statement: BoundStatement<Row>): Promise<Result<Row>> {
    this.signal.throwIfAborted();
    const client =
      this.#transaction ?? (await this.#connect(this.#pools.pool, tableNamedIn(statement.text), statement.text));
    const stopCancelling = this.#cancelOnAbort(client);
    const stopCounting = this.#countRows(client);
    const start = performance.now();
    let failure: unknown;
    try {
      const { rows, rowCount } = await this.#query(client, statement);
      if (!this.#transaction)
        this.#pools.shares.get(this.#pools.pool)?.note?.(statement.text, performance.now() - start);
      return { rows, count: rowCount ?? 0 };
    } catch (error) {
      failure = error;
      this.signal.throwIfAborted();
      throw toGatherError(error);
    } finally {
      stopCounting();
      this.#client?.onStatement?.(performance.now() - start);
      if (this.signal.aborted) await stopCancelling();
      else void stopCancelling();
      if (!this.#transaction) this.#release(client, failure);
    }
  }

  /** Retries a statement that a migration made stale; not in a transaction, which the failure has aborted. */
  async #query<Row>(client: pg.PoolClient, statement: BoundStatement<Row>) {
    try {
      return await client.query<Row & pg.QueryResultRow>(statement);
    } catch (error) {
      if (!isStale(error)) throw error;
      prepareAnew(statement.name);
      if (this.#transaction) throw error;
      return await client.query<Row & pg.QueryResultRow>({ ...statement, name: undefined });
    }
  }

  /** @param work the purpose of the connection: a table, or transactions */
  async #connect(pool: pg.Pool, work: string, text?: string): Promise<pg.PoolClient> {
    this.signal.throwIfAborted();
    const permit = await this.#pools.shares.get(pool)?.acquire(this.signal, this.#client?.key, work, text);
    const connecting = pool.connect();
    try {
      const client = await untilAborted(this.signal, connecting);
      if (permit) permits.set(client, permit);
      return client;
    } catch (error) {
      connecting
        .then(
          (client) => client.release(),
          () => {},
        )
        .finally(() => permit?.release());
      if (this.signal.aborted) throw this.signal.reason;
      throw toGatherError(error);
    }
  }

  /**
   * Returns a connection to the pool. Closes one that is broken, and one whose statement may have finished before its cancel
   * request arrived, which could then hit the next statement.
   */
  #release(client: pg.PoolClient, failure: unknown): void {
    client.release(isBroken(failure) || (this.signal.aborted && !isCanceled(failure)));
    permits.get(client)?.release();
  }

  /**
   * Counts the bytes of rows. After too many, cuts the connection, because PostgreSQL ignores cancel requests while it sends
   * rows. @returns stops counting
   */
  #countRows(client: pg.PoolClient): () => void {
    const onRead = this.#client?.onRead;
    if (!onRead) return () => {};
    const { connection } = client as pg.PoolClient & { connection: EventEmitter & { stream: Socket } };
    const count = ({ length }: { length: number }) => {
      if (!onRead(length)) connection.stream.destroy();
    };
    connection.on('dataRow', count);
    return () => void connection.off('dataRow', count);
  }

  /** @returns stops cancelling; resolves once no cancel request is pending */
  #cancelOnAbort(client: pg.PoolClient): () => Promise<unknown> {
    let request: Promise<unknown> | undefined;
    let timer: NodeJS.Timeout | undefined;
    const ask = () => {
      request ??= this.#pools
        .cancel(client)
        .catch(() => {})
        .finally(() => {
          request = undefined;
        });
    };
    const cancel = () => {
      ask();
      timer = setInterval(ask, CANCEL_AGAIN_MS);
    };
    // The signal may have aborted on the way from the pool to here.
    if (this.signal.aborted) cancel();
    else this.signal.addEventListener('abort', cancel, { once: true });
    return async () => {
      this.signal.removeEventListener('abort', cancel);
      clearInterval(timer);
      await request;
    };
  }

  #track<T>(trip: Promise<T>): Promise<T> {
    this.#running.add(trip);
    const done = () => this.#running.delete(trip);
    trip.then(done, done);
    return trip;
  }
}

/** A statement from text, for what the builder cannot express. */
export function raw<Row>(text: string, values: unknown[] = []): BoundStatement<Row> {
  return { name: undefined, text, values };
}

function tooSlow(idleMs: number): GatherError {
  const message = `Expected the next rows to be read within ${idleMs / 1000} s while others wait for a cursor, but nobody read them.`;
  return new GatherError('TOO_SLOW', message, { source: 'postgres', retryable: true });
}

function toBound<Row>(query: Query<Row>): BoundStatement<Row> {
  if (!('compile' in query)) return query;
  const { sql, parameters } = query.compile();
  return raw(sql, [...parameters]);
}
