import type { Compilable, RawBuilder } from 'kysely';
import type pg from 'pg';
import { onAbort } from '../abort.ts';
import { AttachedProperty } from '../attached-property.ts';
import { type Call, call, publishCall, toOutcome } from '../calls.ts';
import type { Permit } from '../concurrency/semaphore.ts';
import { GatherError } from '../errors.ts';
import { fieldsOf } from './column-names.ts';
import { isBroken, isCanceled, isStale, toGatherError } from './errors.ts';
import { AS_SERVER, type LocalSettings } from './local-settings.ts';
import type { Pools } from './pool.ts';
import { type Result, runQuery } from './query.ts';
import type { TableName } from './schema.ts';
import { Spares } from './spares.ts';
import { type BoundStatement, prepareAnew, type Values } from './statement.ts';
import { bind, tableOf } from './table-definition.ts';
import type { Definitions } from './tables.ts';
import { findUnsupported } from './unsupported.ts';

/** PostgreSQL ignores a cancel request that overtakes its statement, so it is repeated until the statement ends. */
const CANCEL_AGAIN_MS = 50;
/** The permits of connections in use, and their pools. */
const held = new AttachedProperty<pg.PoolClient, { permit: Permit; pool: pg.Pool }>();

/** The table of the rows that something brings to fields; null if it brings none, undefined if that is not known. */
export type Brought = TableName | null | undefined;

/** How a statement appears in the timing. */
export interface Label {
  name: string;
  /** @default 1 */
  keys?: number;
  /** What it brings. @default not known */
  rows?: Brought;
}

/** The client that statements run for. */
export interface Client {
  /** Whose share of the connections they take. */
  key: string;
  /** When its request arrived, as `performance.now()`. Its statements come before those of later ones. */
  since?: number | undefined;
  /** Called with the time that PostgreSQL worked on each statement, in milliseconds, even if it failed or was cancelled. */
  onStatement?: ((ms: number) => void) | undefined;
  /** Called with the bytes of each row as it arrives. @returns whether more rows may come */
  onRead?: (bytes: number) => boolean;
  /** The settings of each of its transactions, for policies of row-level security. @default none */
  settings?: (() => LocalSettings | typeof AS_SERVER | undefined) | undefined;
}

/** Names a table in SQL. */
export type TableReference = (name: TableName) => RawBuilder<unknown>;

/** The statements of a request or a transaction. */
interface Trips {
  /** With what they bring: see `Label`. */
  readonly running: Map<Promise<unknown>, Brought>;
  /** How many have ended. */
  ended: number;
  /** How many cursors there were. */
  cursors: number;
}

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
  readonly #trips: Trips;

  /** @param client undefined for the server's own statements, which count against no client's share */
  constructor(
    pools: Pools,
    signal: AbortSignal,
    client?: Client,
    transaction?: pg.PoolClient,
    trips: Trips = { running: new Map(), ended: 0, cursors: 0 },
  ) {
    this.#pools = pools;
    this.signal = signal;
    this.#client = client;
    this.#transaction = transaction;
    this.#trips = trips;
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
    const toName: TableReference = (name) => tableOf(definitions[name]);
    return bind(`${schema} ${this.queueSchema} ${shape}`, () => build(toName), values);
  }

  /** Runs one statement. */
  run<Row>(query: Query<Row>, { name, keys = 1, rows }: Label): Promise<Result<Row>> {
    const statement = toBound(query);
    return call({ kind: 'postgres', name, keys, signal: this.signal }, () =>
      this.#track(this.#execute(statement), rows),
    );
  }

  /**
   * Runs one statement through a server-side cursor, and yields its rows in arrays of at most `batchSize`: memory is
   * constant for any number of rows. Holds the connection until the iteration ends or the signal aborts. In a transaction it
   * sees the transaction's changes, and other statements may run between the batches.
   */
  async *stream<Row>(query: Query<Row>, label: Label, batchSize: number): AsyncGenerator<Row[]> {
    if (this.#transaction) {
      yield* this.#fetch(query, label, batchSize, { signal: this.signal, mustClose: true });
      return;
    }
    const client = await this.#connect(this.#pools.cursors, toBound(query).text);
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
    const stopListening = onAbort(signal, () => {
      clearInterval(watch);
      void end();
    });
    try {
      await inside.#track(inside.#execute(raw('begin read only')));
      for await (const rows of inside.#fetch(query, label, batchSize, { signal: this.signal, mustClose: false })) {
        watch = this.#watchReader(stalled);
        yield rows;
        clearInterval(watch);
      }
    } catch (error) {
      await end(error);
      throw error;
    } finally {
      clearInterval(watch);
      stopListening();
      await end();
    }
  }

  /**
   * Runs `work` in a transaction: committed when it returns, rolled back when it throws or the signal aborts. Statements of
   * the transaction must use the database that is passed to `work`. In a transaction, joins that one.
   */
  async transaction<T>(work: (database: Database) => Promise<T>): Promise<T> {
    if (this.#transaction) return work(this);
    const client = await this.#connect(this.#pools.pool);
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

  /**
   * The same for the engine's own tables, on which the viewer needs no rights: without the settings for policies. In a
   * transaction, its statements are part of it.
   */
  get asServer(): Database {
    if (!this.#client?.settings) return this;
    const client = { ...this.#client, settings: () => AS_SERVER } satisfies Client;
    return new Database(this.#pools, this.signal, client, this.#transaction, this.#trips);
  }

  /** The running statements of this request, except those of cursors, with what they bring. Each settles when it ends. */
  get running(): ReadonlyMap<Promise<unknown>, Brought> {
    return this.#trips.running;
  }

  /** How many statements of this request have ended, before anybody has their rows. */
  get ended(): number {
    return this.#trips.ended;
  }

  /**
   * Declares the cursor in SQL, so that each batch is a statement. A cursor of the protocol would have one timeout for all
   * batches, the reader's time included, and would block the connection.
   * @param signal identifies the operation of the call
   * @param mustClose whether the transaction goes on: its end closes the cursor, too
   */
  async *#fetch<Row>(
    query: Query<Row>,
    { name, keys = 1 }: Label,
    batchSize: number,
    { signal, mustClose }: { signal: AbortSignal; mustClose: boolean },
  ): AsyncGenerator<Row[]> {
    const { text, values, fields } = toBound(query);
    const cursor = `gather_${this.#trips.cursors++}`;
    const start = performance.now();
    let outcome: Call['outcome'] = 'ok';
    try {
      await this.#track(this.#execute(raw(`declare ${cursor} no scroll cursor for ${text}`, values)));
      while (true) {
        const fetch = { ...raw<Row>(`fetch ${batchSize} from ${cursor}`), fields };
        const { rows } = await this.#track(this.#execute(fetch));
        if (rows.length > 0) yield rows;
        if (rows.length < batchSize) break;
      }
    } catch (error) {
      outcome = toOutcome(error);
      throw error;
    } finally {
      // A transaction that has failed has closed its cursors.
      if (outcome === 'ok' && mustClose) await this.#track(this.#execute(raw(`close ${cursor}`))).catch(() => {});
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
    await Promise.allSettled(this.#trips.running.keys());
    const isOfDatabase = error instanceof GatherError && error.source === 'postgres' && error.code !== 'UNSUPPORTED';
    const failure = isOfDatabase ? error.cause : undefined;
    if (isBroken(failure)) return this.#release(client, failure);
    try {
      await runQuery(client, raw('rollback'), { timeoutMs: this.#pools.answerTimeoutMs });
      this.#release(client, undefined);
    } catch {
      // The transaction may still be open, also if it was the rollback that was cancelled.
      client.release(true);
      held.get(client)?.permit.release();
    }
  }

  async #execute<Row>(statement: BoundStatement<Row>): Promise<Result<Row>> {
    this.signal.throwIfAborted();
    const settings = this.#client?.settings?.();
    const connected = this.#transaction ?? this.#connect(this.#pools.pool, statement.text);
    const client = connected instanceof Promise ? await connected : connected;
    const stopCancelling = this.#cancelOnAbort(client);
    const start = performance.now();
    let failure: unknown;
    try {
      const timeoutMs = this.#pools.answerTimeoutMs;
      const result = await runQuery(client, statement, { timeoutMs, onRead: this.#client?.onRead, settings });
      if (!this.#transaction) {
        this.#pools.shares.get(this.#pools.pool)?.note?.(statement.text, performance.now() - start);
      }
      return result;
    } catch (error) {
      failure = error;
      this.signal.throwIfAborted();
      const unsupported = findUnsupported(error, statement, client, {
        definitions: this.definitions,
        isAsViewer: settings !== undefined && settings !== AS_SERVER,
      });
      if (unsupported) {
        // The connection is sound: it answered.
        failure = undefined;
        throw unsupported;
      }
      if (!isStale(error)) {
        this.#pools.lost?.failed(error);
        throw withFrames(toGatherError(error, statement.fields));
      }
      prepareAnew(statement.name);
      // In a transaction, which the failure has aborted, it cannot be repeated.
      if (this.#transaction) throw toGatherError(error);
      return this.#execute({ ...statement, name: undefined });
    } finally {
      this.#client?.onStatement?.(performance.now() - start);
      const request = stopCancelling();
      if (request) await request;
      if (!this.#transaction) this.#release(client, failure);
    }
  }

  /** @param text the statement that the connection is for; undefined for a transaction */
  #connect(pool: pg.Pool, text?: string): pg.PoolClient | Promise<pg.PoolClient> {
    const { signal } = this;
    signal.throwIfAborted();
    const { key, since } = this.#client ?? {};
    const permit = this.#pools.shares.get(pool)?.acquire(signal, key, since, text);
    return permit instanceof Promise ? permit.then((it) => this.#take(pool, it)) : this.#take(pool, permit);
  }

  #take(pool: pg.Pool, permit: Permit | undefined): pg.PoolClient | Promise<pg.PoolClient> {
    const spare = Spares.of(pool).take();
    if (spare) {
      if (permit) held.set(spare, { permit, pool });
      return spare;
    }
    return new Promise((resolve, reject) => {
      const stopListening = onAbort(this.signal, reject);
      pool.connect((error, client) => {
        const isAwaited = stopListening();
        if (client && isAwaited) {
          if (permit) held.set(client, { permit, pool });
          resolve(client);
          return;
        }
        client?.release();
        permit?.release();
        if (isAwaited) this.#pools.lost?.failed(error);
        reject(toGatherError(error));
      });
    });
  }

  /**
   * Leaves a connection to the next statement, or the pool. Closes one that is broken, and one whose statement may have
   * finished before its cancel request arrived, which could then hit the next statement.
   */
  #release(client: pg.PoolClient, failure: unknown): void {
    const { pool, permit } = held.get(client) ?? {};
    const mustClose = isBroken(failure) || (this.signal.aborted && !isCanceled(failure));
    if (mustClose || !pool) client.release(mustClose);
    else Spares.of(pool).add(client);
    permit?.release();
  }

  /** @returns stops cancelling; returns the cancel request that is pending, if there is one */
  #cancelOnAbort(client: pg.PoolClient): () => Promise<unknown> | undefined {
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
    const stopListening = onAbort(this.signal, () => {
      ask();
      timer = setInterval(ask, CANCEL_AGAIN_MS);
    });
    return () => {
      stopListening();
      clearInterval(timer);
      return request;
    };
  }

  #track<T>(trip: Promise<T>, rows?: Brought): Promise<T> {
    const trips = this.#trips;
    trips.running.set(trip, rows);
    const done = () => {
      trips.running.delete(trip);
      trips.ended += 1;
    };
    trip.then(done, done);
    return trip;
  }
}

/** Puts our frames in the place of pg's into the stack of a fault: it is made where the socket is read. */
function withFrames(error: unknown): unknown {
  if (error instanceof Error && !(error instanceof GatherError)) Error.captureStackTrace(error, withFrames);
  return error;
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
  const compiled = query.compile();
  return { ...raw<Row>(compiled.sql, [...compiled.parameters]), fields: fieldsOf(compiled) };
}
