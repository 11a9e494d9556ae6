import { type Db, PgBoss } from 'pg-boss';
import type { Id } from '../database/column-types.ts';
import { Database, raw } from '../database/database.ts';
import { toGatherError } from '../database/errors.ts';
import type { Pools } from '../database/pool.ts';
import { GatherError } from '../errors.ts';
import type { EnqueueEvent } from '../monitoring/channels.ts';

/** The payload of a delivery. */
export interface DeliveryData extends EnqueueEvent {
  jobId: Id;
  /** Attempts of the job before this delivery was enqueued. */
  attemptsBefore: number;
}

/** A job for the queue to deliver. */
interface Delivery {
  /** A UUID, new each time that a job is enqueued. */
  id: string;
  /** The task's name. */
  queue: string;
  data: DeliveryData;
  /** The user that it counts for in fair queueing; empty for none. */
  queuedFor: string;
  /** The lowest is delivered first. */
  turn: number;
  /** Maximum number of redeliveries. @default by the task's `attempts` */
  retryLimit?: number;
}

/** Puts jobs into the queue, in the caller's transaction. Close it. */
export class Queue {
  readonly #pools: Pools;
  #boss: Promise<PgBoss> | undefined;

  /** Connects on first use. */
  constructor(pools: Pools) {
    this.#pools = pools;
  }

  /**
   * Enqueues a job, in the transaction of `database` if it is in one.
   * @throws DATABASE_UNAVAILABLE, also if `migrate` has not created the queue
   */
  async send(database: Database, { id, queue, data, queuedFor, turn, ...options }: Delivery): Promise<void> {
    const boss = await this.#start();
    const order = { priority: -turn, ...(queuedFor && { group: { id: queuedFor } }) };
    const db = toDb(database, 'job.send');
    const sent = await boss.send(queue, data, { id, ...order, ...options, db }).catch((error) => {
      throw toQueueError(error);
    });
    if (sent === null) throw notInstalled();
  }

  /** Cancels a delivery, waiting or under way. */
  async cancel(database: Database, { queue, id }: Pick<Delivery, 'queue' | 'id'>): Promise<void> {
    const boss = await this.#start();
    await boss.cancel(queue, id, { db: toDb(database, 'job.cancel') });
  }

  async close(): Promise<void> {
    const boss = await this.#boss?.catch(() => undefined);
    await boss?.stop({ graceful: false });
  }

  #start(): Promise<PgBoss> {
    this.#boss ??= this.#connect().catch((error) => {
      this.#boss = undefined;
      throw toQueueError(error);
    });
    return this.#boss;
  }

  /**
   * Only sends: workers supervise the queue, and `migrate` creates it. Uses the control pool for its own statements,
   * because callers in transactions, which wait for them, may hold all other connections.
   */
  async #connect(): Promise<PgBoss> {
    const pools = { ...this.#pools, pool: this.#pools.control };
    const database = new Database(pools, new AbortController().signal);
    const boss = new PgBoss({
      db: toDb(database, 'job.queue'),
      schema: this.#pools.queueSchema,
      supervise: false,
      schedule: false,
      migrate: false,
      createSchema: false,
    });
    boss.on('error', () => {});
    return boss.start();
  }
}

function toDb(database: Database, name: string): Db {
  return { executeSql: (text, values) => database.run(raw(text, values), { name }) };
}

/** Converts an error of pg-boss: a missing or outdated queue to one that says what to do. */
export function toQueueError(cause: unknown): unknown {
  return isOfQueue(cause) ? notInstalled(cause) : toGatherError(cause);
}

/** Whether pg-boss reports that a queue is missing, or that it is not installed or in another version. */
export function isOfQueue(error: unknown): boolean {
  return error instanceof Error && /^pg-boss |^Queue .* does not exist/.test(error.message);
}

function notInstalled(cause?: unknown): GatherError {
  const message = 'The job queue is missing or has another version. Run `migrate` first.';
  return new GatherError('DATABASE_UNAVAILABLE', message, { source: 'postgres', cause });
}
