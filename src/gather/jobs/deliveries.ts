import { setTimeout as sleep } from 'node:timers/promises';
import type DataLoader from 'dataloader';
import type { JobWithMetadata, PgBoss } from 'pg-boss';
import type { QueueConnections } from '../database/queue-connections.ts';
import { createTurns } from '../loaders/turns.ts';
import type { Delivered, Outcome } from './attempt.ts';
import type { DeliveryData } from './queue.ts';
import type { RunnableTask } from './task.ts';

type Delivery = JobWithMetadata<DeliveryData>;

interface DeliveriesOptions {
  boss: PgBoss;
  connections: QueueConnections;
  /** The schema of the queue's tables. */
  queueSchema: string;
  task: Pick<RunnableTask, 'name' | 'concurrency'>;
  run(delivered: Delivered): Promise<Outcome>;
  /** Called with an error of the queue. It is not thrown: the queue delivers the jobs again. */
  onError(error: Error): void;
}

/** New jobs are notified of; retries that become due are found by polling. */
const POLL_MS = 2000;
/** After the queue could not be told an outcome. */
const TELL_AGAIN_MS = 1000;

/**
 * Runs the jobs of one task that the queue delivers to this worker. Fetches as many as there are free places, so that no
 * job waits behind a long one, and tells the queue the outcomes of the same few milliseconds in one statement. Of several
 * places, one user never occupies all: one is left for others.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  /** Tell the queue outcomes. */
  readonly #complete: DataLoader<Delivery, Delivery>;
  readonly #fail: DataLoader<Delivery, Delivery>;
  readonly #running = new Set<Delivery>();
  /** Those that run, and those whose outcomes the queue does not know yet. */
  readonly #held = new Set<Delivery>();
  readonly #work = new Set<Promise<void>>();
  readonly #poll: NodeJS.Timeout;
  #heartbeat: NodeJS.Timeout | undefined;
  #heartbeatMs = Number.POSITIVE_INFINITY;
  #mayHaveMore = false;
  #isFetching = false;
  #isStopped = false;
  readonly #closing = new AbortController();

  /** Begins to fetch. Close it. */
  constructor(options: DeliveriesOptions) {
    this.#options = options;
    const { boss, task, connections } = options;
    this.#complete = createTurns(async (completed) => {
      await boss.complete(task.name, [...completed], null, { db: connections.named('job.complete') });
      return completed;
    });
    this.#fail = createTurns(async (failed) => {
      await boss.fail(task.name, [...failed], null, { db: connections.named('job.fail') });
      return failed;
    });
    this.#poll = setInterval(() => this.wake(), POLL_MS);
    this.wake();
  }

  /** Fetches jobs, if there are free places: there may be new ones. */
  wake(): void {
    this.#mayHaveMore = true;
    if (!this.#isFetching) this.#track(this.#fetchAll());
  }

  /** Fetches no more. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#poll);
  }

  /** Resolves when nothing runs any more, and the queue knows all outcomes. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  /** Gives up what is still held: the queue will deliver it to others. */
  close(): void {
    this.stop();
    this.#closing.abort();
    clearInterval(this.#heartbeat);
  }

  get #free(): number {
    return this.#options.task.concurrency - this.#running.size;
  }

  async #fetchAll(): Promise<void> {
    this.#isFetching = true;
    try {
      while (this.#mayHaveMore && this.#free > 0 && !this.#isStopped) await this.#fetch();
    } finally {
      this.#isFetching = false;
    }
  }

  async #fetch(): Promise<void> {
    const { boss, task, connections } = this.#options;
    this.#mayHaveMore = false;
    // All places but one may go to one user; then the last one goes to somebody else.
    const batchSize = Math.max(1, this.#free - 1);
    const ignoreGroups = [...this.#countByUser()].filter(([, count]) => count >= this.#limit).map(([user]) => user);
    const db = connections.named('job.fetch');
    const fetched = await boss.fetch<DeliveryData>(task.name, { batchSize, includeMetadata: true, ignoreGroups, db });
    if (this.#closing.signal.aborted) return;
    if (fetched.length === batchSize) this.#mayHaveMore = true;
    this.#keepAlive(fetched);
    for (const delivery of fetched.toSorted((one, other) => other.priority - one.priority)) {
      this.#track(this.#run(delivery));
    }
  }

  async #run(delivery: Delivery): Promise<void> {
    const { run, onError } = this.#options;
    this.#held.add(delivery);
    this.#running.add(delivery);
    const outcome = await run(delivery).catch((error): Outcome => {
      onError(error);
      return 'failed';
    });
    const { groupId } = delivery;
    const wasFull = groupId != null && (this.#countByUser().get(groupId) ?? 0) >= this.#limit;
    this.#running.delete(delivery);
    // Places that become free in this turn of the event loop are filled together.
    if (wasFull || this.#mayHaveMore) setImmediate(() => this.wake());
    await this.#tell(delivery, outcome);
    this.#held.delete(delivery);
  }

  /** Tells the queue an outcome, until it knows or the worker ends. An outcome of an attempt that it gave up changes nothing. */
  async #tell(delivery: Delivery, outcome: Outcome): Promise<void> {
    const { signal } = this.#closing;
    const tell = outcome === 'failed' ? this.#fail : this.#complete;
    while (!signal.aborted) {
      try {
        await tell.load(delivery);
        return;
      } catch (error) {
        this.#options.onError(error as Error);
      }
      await sleep(TELL_AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Most places of one user. */
  get #limit(): number {
    return Math.max(1, this.#options.task.concurrency - 1);
  }

  #countByUser(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { groupId } of this.#running) if (groupId) counts.set(groupId, (counts.get(groupId) ?? 0) + 1);
    return counts;
  }

  /** The queue delivers a job again whose heartbeat it misses. */
  #keepAlive(deliveries: readonly Delivery[]): void {
    const ms = Math.min(
      ...deliveries.map(({ heartbeatSeconds }) => (heartbeatSeconds ?? Number.POSITIVE_INFINITY) * 500),
    );
    if (ms >= this.#heartbeatMs) return;
    this.#heartbeatMs = ms;
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => void this.#beat().catch(this.#options.onError), ms);
  }

  /**
   * Skips deliveries that are locked, which are being settled or cancelled. pg-boss's own `touch` would wait for them, and
   * let the heartbeats of all others lapse.
   */
  async #beat(): Promise<void> {
    if (this.#held.size === 0) return;
    const { connections, queueSchema, task } = this.#options;
    const held = [...this.#held];
    await connections.named('job.heartbeat').executeSql(
      `with held as (
        select job.id from unnest($2::uuid[], $3::integer[]) as held(id, attempt)
        join "${queueSchema}".job on job.name = $1 and job.id = held.id
        where job.state = 'active' and job.retry_count = held.attempt
        for no key update of job skip locked
      )
      update "${queueSchema}".job set heartbeat_on = "${queueSchema}".job_now()
      from held where job.name = $1 and job.id = held.id`,
      [task.name, held.map(({ id }) => id), held.map(({ retryCount }) => retryCount)],
    );
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    const end = () => this.#work.delete(work);
    work.then(end, (error) => {
      end();
      this.#options.onError(error);
    });
  }
}
