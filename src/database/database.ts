import type { Compilable } from 'kysely';
import type pg from 'pg';
import { type Call, call, publishCall, toOutcome, untilAborted } from '../calls.ts';
import { GatherError } from '../errors.ts';
import { isBroken, isCanceled, toGatherError } from './errors.ts';
import type { Pools } from './pool.ts';
import type { BoundStatement } from './statement.ts';

/** PostgreSQL ignores a request to stop that overtakes its statement: it is repeated until the statement is over. */
const CANCEL_AGAIN_MS = 50;

/** How a statement appears in the timing. */
export interface Label {
  name: string;
  /** @default 1 */
  keys?: number;
}

/** What a statement gave. `count` is the number of rows that it returned or changed. */
export interface Result<Row> {
  rows: Row[];
  count: number;
}

type Query<Row> = BoundStatement<Row> | Compilable<Row>;

/**
 * PostgreSQL as one request or one job sees it: each statement is measured, and is stopped on the server too when
 * the signal aborts. Takes prepared statements and any query of Kysely's builder.
 *
 * Throws `GatherError`: DATABASE_UNAVAILABLE, DATABASE_TIMEOUT, and CONFLICT, NOT_FOUND or INVALID_INPUT where a
 * constraint of the database refuses the values.
 */
export class Database {
  readonly signal: AbortSignal;
  readonly #pools: Pools;
  readonly #transaction: pg.PoolClient | undefined;
  readonly #running = new Set<Promise<unknown>>();
  #cursors = 0;

  constructor(pools: Pools, signal: AbortSignal, transaction?: pg.PoolClient) {
    this.#pools = pools;
    this.signal = signal;
    this.#transaction = transaction;
  }

  /** Runs one statement. */
  run<Row>(query: Query<Row>, { name, keys = 1 }: Label): Promise<Result<Row>> {
    const statement = toBound(query);
    return call({ kind: 'postgres', name, keys, signal: this.signal }, () => this.#track(this.#execute(statement)));
  }

  /**
   * Runs one statement through a cursor on the server and gives its rows in arrays of at most `batchSize`: memory
   * stays the same however many rows there are. The connection is held until the iteration ends or is left, or the
   * signal aborts. Inside a transaction it sees what that has changed, and other statements may be run between the batches.
   */
  async *stream<Row>(query: Query<Row>, label: Label, batchSize: number): AsyncGenerator<Row[]> {
    if (this.#transaction) {
      yield* this.#fetch(query, label, batchSize);
      return;
    }
    const client = await this.#connect(this.#pools.cursors);
    const inside = new Database(this.#pools, this.signal, client);
    let ended: Promise<void> | undefined;
    const end = (failure?: unknown) => {
      ended ??= inside.#rollBack(client, failure);
      return ended;
    };
    // Whoever reads may never come back for the next rows, and the connection must not wait for that.
    const onAbort = () => void end();
    this.signal.addEventListener('abort', onAbort, { once: true });
    try {
      await inside.#track(inside.#execute(raw('begin read only')));
      yield* inside.#fetch(query, label, batchSize);
    } catch (error) {
      await end(error);
      throw error;
    } finally {
      this.signal.removeEventListener('abort', onAbort);
      await end();
    }
  }

  /**
   * Runs `work` in a transaction: committed when it returns, rolled back when it throws or the signal aborts.
   * Everything inside must use the database that `work` is handed. Inside a transaction it joins that one.
   */
  async transaction<T>(work: (database: Database) => Promise<T>): Promise<T> {
    if (this.#transaction) return work(this);
    const client = await this.#connect(this.#pools.pool);
    const inside = new Database(this.#pools, this.signal, client);
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

  /** The statements of this request that are under way, those of cursors apart. Each settles when it ends. */
  get running(): ReadonlySet<Promise<unknown>> {
    return this.#running;
  }

  /**
   * A cursor of the protocol would have one timeout for all its batches, the consumer's time included, and keep the
   * connection to itself meanwhile. With one declared in SQL each batch is a statement.
   */
  async *#fetch<Row>(query: Query<Row>, { name, keys = 1 }: Label, batchSize: number): AsyncGenerator<Row[]> {
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
      publishCall({ kind: 'postgres', name, keys, signal: this.signal }, start, outcome);
    }
  }

  /** A connection that has failed is not asked to roll back: it would only keep the caller waiting. */
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
    const client = this.#transaction ?? (await this.#connect(this.#pools.pool));
    const stopCancelling = this.#cancelOnAbort(client);
    let failure: unknown;
    try {
      const { rows, rowCount } = await client.query<Row & pg.QueryResultRow>(statement);
      return { rows, count: rowCount ?? 0 };
    } catch (error) {
      failure = error;
      this.signal.throwIfAborted();
      throw toGatherError(error);
    } finally {
      if (this.signal.aborted) await stopCancelling();
      else void stopCancelling();
      if (!this.#transaction) this.#release(client, failure);
    }
  }

  async #connect(pool: pg.Pool): Promise<pg.PoolClient> {
    this.signal.throwIfAborted();
    const connecting = pool.connect();
    try {
      return await untilAborted(this.signal, connecting);
    } catch (error) {
      if (!this.signal.aborted) throw toGatherError(error);
      connecting.then(
        (client) => client.release(),
        () => {},
      );
      throw this.signal.reason;
    }
  }

  /**
   * Keeps a connection out of the pool where its state is in doubt: it failed, or it was asked to stop and finished
   * all the same, so that the request to stop could still hit the next statement.
   */
  #release(client: pg.PoolClient, failure: unknown): void {
    client.release(isBroken(failure) || (this.signal.aborted && !isCanceled(failure)));
  }

  /** @returns to be called when the statement is over; resolves when no cancellation is on its way any more */
  #cancelOnAbort(client: pg.PoolClient): () => Promise<unknown> {
    const { processID } = client as pg.PoolClient & { processID: number };
    let request: Promise<unknown> | undefined;
    let timer: NodeJS.Timeout | undefined;
    const ask = () => {
      request ??= this.#pools.control
        .query('select pg_cancel_backend($1)', [processID])
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

/** A statement from text, where the builder has no word for it. */
export function raw<Row>(text: string, values: unknown[] = []): BoundStatement<Row> {
  return { name: undefined, text, values };
}

function toBound<Row>(query: Query<Row>): BoundStatement<Row> {
  if (!('compile' in query)) return query;
  const { sql, parameters } = query.compile();
  return raw(sql, [...parameters]);
}
