import { type Db, PgBoss } from 'pg-boss';
import type { Id } from '../database/column-types.ts';
import { Database, raw } from '../database/database.ts';
import { toGatherError } from '../database/errors.ts';
import type { Pools } from '../database/pool.ts';
import { GatherError } from '../errors.ts';

/** What the queue carries: which job is to be run, and how often it was begun before it was enqueued. */
export interface DeliveryData {
  jobId: Id;
  attemptsBefore: number;
}

/** One thing for the queue to deliver. */
interface Delivery {
  /** A UUID; another one each time that a job is enqueued. */
  id: string;
  /** The task's name. */
  queue: string;
  data: DeliveryData;
  /** Who shares a worker with others; empty for nobody. */
  queuedFor: string;
  /** The least is delivered first. */
  turn: number;
  /** How often it is delivered again at most. @default what the task's `attempts` says */
  retryLimit?: number;
}

/** Puts jobs into the queue, in the caller's transaction. Close it. */
export class Queue {
  readonly #pools: Pools;
  #boss: Promise<PgBoss> | undefined;

  /** Connects at first use. */
  constructor(pools: Pools) {
    this.#pools = pools;
  }

  /**
   * Enqueues: with the transaction of `database`, if it is in one, and not before it is committed.
   * @throws DATABASE_UNAVAILABLE, also where `migrate` has not made the queue
   */
  async send(database: Database, { id, queue, data, queuedFor, turn, ...options }: Delivery): Promise<void> {
    const boss = await this.#start();
    const order = { priority: -turn, ...(queuedFor && { group: { id: queuedFor } }) };
    const db = through(database, 'job.send');
    const sent = await boss.send(queue, data, { id, ...order, ...options, db }).catch((error) => {
      throw toQueueError(error);
    });
    if (sent === null) throw notInstalled();
  }

  /** Takes back what is not delivered yet, and lets go of what is. */
  async cancel(database: Database, { queue, id }: Pick<Delivery, 'queue' | 'id'>): Promise<void> {
    const boss = await this.#start();
    await boss.cancel(queue, id, { db: through(database, 'job.cancel') });
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
   * It only sends: workers supervise the queue, and `migrate` has made it. What it asks by itself must not wait for a
   * connection of the pool: callers in their transactions may hold them all, and wait for this.
   */
  async #connect(): Promise<PgBoss> {
    const pools = { ...this.#pools, pool: this.#pools.control };
    const database = new Database(pools, new AbortController().signal);
    const boss = new PgBoss({
      db: through(database, 'job.queue'),
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

function through(database: Database, name: string): Db {
  return { executeSql: (text, values) => database.run(raw(text, values), { name }) };
}

/** What pg-boss says of a queue that is missing or of another version, in words that say what to do. */
export function toQueueError(cause: unknown): unknown {
  return isOfQueue(cause) ? notInstalled(cause) : toGatherError(cause);
}

/** Whether pg-boss says that a queue is missing, or all of them are, or are of another version. */
export function isOfQueue(error: unknown): boolean {
  return error instanceof Error && /^pg-boss |^Queue .* does not exist/.test(error.message);
}

function notInstalled(cause?: unknown): GatherError {
  const message = 'The job queue is not as this version needs it. Run `migrate` first.';
  return new GatherError('DATABASE_UNAVAILABLE', message, { source: 'postgres', cause });
}
