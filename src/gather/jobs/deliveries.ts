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
  task: Pick<RunnableTask, 'name' | 'concurrency'>;
  run(delivered: Delivered): Promise<Outcome>;
  /** Called with an error of the queue. It is not thrown: the queue delivers the jobs again. */
  onError(error: Error): void;
}

/** New jobs are notified of; retries that become due are found by polling. */
const POLL_MS = 2000;

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
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  /** Gives up what is still held: the queue will deliver it to others. */
  close(): void {
    this.stop();
    clearInterval(this.#heartbeat);
  }

  get #free(): number {
    return this.#options.task.concurrency - this.#running.size;
  }

  async #fetchAll(): Promise<void> {
    this.#isFetching = true;
    while (this.#mayHaveMore && this.#free > 0 && !this.#isStopped) {
      await this.#fetch().catch(this.#options.onError);
    }
    this.#isFetching = false;
  }

  async #fetch(): Promise<void> {
    const { boss, task, connections } = this.#options;
    this.#mayHaveMore = false;
    // All places but one may go to one user; then the last one goes to somebody else.
    const batchSize = Math.max(1, this.#free - 1);
    const ignoreGroups = [...this.#countByUser()].filter(([, count]) => count >= this.#limit).map(([user]) => user);
    const db = connections.named('job.fetch');
    const fetched = await boss.fetch<DeliveryData>(task.name, { batchSize, includeMetadata: true, ignoreGroups, db });
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
    const tell = outcome === 'failed' ? this.#fail : this.#complete;
    await tell.load(delivery).catch(onError);
    this.#held.delete(delivery);
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

  async #beat(): Promise<void> {
    const { boss, task, connections } = this.#options;
    if (this.#held.size > 0) await boss.touch(task.name, [...this.#held], { db: connections.named('job.heartbeat') });
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    void work.then(() => this.#work.delete(work));
  }
}
