import { setTimeout as sleep } from 'node:timers/promises';
import { type JobWithMetadata, PgBoss, type WorkOptions } from 'pg-boss';
import { Database } from '../database/database.ts';
import { channelOf, type Pools } from '../database/pool.ts';
import { QueueConnections } from '../database/queue-connections.ts';
import { createTables, engineTables } from '../database/tables.ts';
import { type JobEvent, jobs as jobEvents } from '../monitoring/channels.ts';
import type { Logger } from '../monitoring/log.ts';
import type { ServiceClients } from '../services/create-services.ts';
import type { Delivered, Outcome } from './attempt.ts';
import { AttemptBatches } from './attempt-batches.ts';
import { failDeadLetter } from './dead-letters.ts';
import { Deliveries } from './deliveries.ts';
import { DEAD_LETTERS, TICKS } from './install.ts';
import { JobNotifications } from './job-notifications.ts';
import { Jobs } from './jobs.ts';
import { type DeliveryData, Queue, toQueueError } from './queue.ts';
import { type JobEnvironment, runJob } from './run-job.ts';
import { countTicks, lastTick, type Schedule } from './schedules.ts';
import type { RunnableTask, TaskContext } from './task.ts';

/** The dependencies and settings of a worker. The caller closes them once the worker has stopped. */
export interface WorkerSource extends Pick<TaskContext, 'store' | 'settings' | 'fetchPublic' | 'timeZone'> {
  databaseUrl: string;
  pools: Pools;
  clients: Pick<ServiceClients, 'bind'>;
  log: Logger;
  /** How often the queue checks for jobs of dead workers. */
  superviseSeconds: number;
  tasks: readonly RunnableTask[];
  schedules: readonly Schedule[];
}

/** The payload of a due schedule. */
interface Tick {
  schedule: string;
}

/** How long running jobs may go on after the worker is told to stop. */
const DRAIN_MS = 10_000;
/** How long a cancelled job may go on if its notification was lost. */
const POLL_INTERVAL_MS = 1000;
/** How long it may take to requeue jobs: PostgreSQL may be unavailable. */
const REQUEUE_TIMEOUT_MS = 5000;
/** Dead letters and ticks wake the queue's workers by notification; retries that become due are found by polling. */
const POLL_SECONDS = 2;
const QUEUE_ERROR_EVERY_MS = 60_000;
/** The queue sends a tick within a minute. */
const LATE_MS = 120_000;
/** PostgreSQL's clock may be this far behind the clock that schedules are computed with. */
const CLOCK_SKEW_MS = 1000;

const WORK = {
  pollingIntervalSeconds: POLL_SECONDS,
  notifyPollingIntervalSeconds: POLL_SECONDS,
  includeMetadata: true,
  perJobResults: true,
} as const satisfies WorkOptions;

/** Runs jobs, in any number of processes on any machines. */
export class Worker {
  readonly #source: WorkerSource;
  readonly #connections: QueueConnections;
  readonly #boss: PgBoss;
  readonly #queue: Queue;
  readonly #notifications: JobNotifications;
  readonly #database: Database;
  readonly #batches: AttemptBatches;
  /** The one that was logged last. */
  #queueError = { message: '', at: Number.NEGATIVE_INFINITY };
  readonly #requeue = new AbortController();
  /** By task. */
  readonly #deliveries = new Map<string, Deliveries>();

  constructor(source: WorkerSource) {
    this.#source = source;
    this.#queue = new Queue(source.pools);
    this.#notifications = new JobNotifications(source.databaseUrl, channelOf(source.pools), POLL_INTERVAL_MS);
    this.#database = new Database(source.pools, new AbortController().signal);
    this.#batches = new AttemptBatches(this.#database);
    this.#connections = new QueueConnections({
      databaseUrl: source.databaseUrl,
      onJob: (queue) => this.#wake(queue),
      onError: (error) => this.#noteQueueError(error),
    });
    this.#boss = new PgBoss({
      db: this.#connections,
      schema: source.pools.queueSchema,
      migrate: false,
      createSchema: false,
      useListenNotify: true,
      persistQueueStats: true,
      superviseIntervalSeconds: source.superviseSeconds,
      monitorIntervalSeconds: source.superviseSeconds,
      cronMonitorIntervalSeconds: 10,
      cronWorkerIntervalSeconds: 5,
    });
    // Without the data of the warning: for a slow statement that is its text and values.
    this.#boss.on('warning', ({ message }) => source.log.warn(message));
    this.#boss.on('error', (error) => this.#noteQueueError(error));
  }

  /** Begins to run jobs. @throws if PostgreSQL cannot be reached, or `migrate` has not created the queue */
  async start(): Promise<void> {
    await this.#boss.start().catch((error) => {
      throw toQueueError(error);
    });
    await this.#assertInstalled();
    await this.#setSchedules();
    for (const task of this.#source.tasks) this.#serve(task);
    const { log } = this.#source;
    await this.#boss.work<DeliveryData, void, typeof WORK>(DEAD_LETTERS, WORK, async ([job]) => {
      if (!job) return [];
      if (await failDeadLetter(engineTables(this.#database), job.data, job.sourceId ?? ''))
        log.error({ job: job.data.jobId }, 'a job failed for good: its worker died during the last attempt');
      return [{ id: job.id, status: 'completed' }];
    });
    await this.#boss.work<Tick, void, typeof WORK>(TICKS, WORK, async ([job]) => {
      if (!job) return [];
      await this.#tick(job);
      return [{ id: job.id, status: 'completed' }];
    });
  }

  /**
   * Takes no more jobs, lets running ones finish for up to 10 seconds, and requeues the rest for another worker.
   * @param force requeues them as soon as it aborts
   */
  async drain(force: AbortSignal = new AbortController().signal): Promise<void> {
    for (const deliveries of this.#deliveries.values()) deliveries.stop();
    await Promise.race([this.#settled(), sleep(DRAIN_MS, undefined, { signal: force, ref: false })]).catch(() => {});
    this.#requeue.abort();
    await Promise.race([this.#settled(), sleep(REQUEUE_TIMEOUT_MS, undefined, { ref: false })]);
  }

  /** Closes all connections once the jobs have ended. */
  async close(): Promise<void> {
    for (const deliveries of this.#deliveries.values()) deliveries.close();
    await this.#boss.stop({ graceful: true });
    await this.#connections.close();
    await this.#queue.close();
    await this.#notifications.close();
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#deliveries.values().map((deliveries) => deliveries.settled()));
  }

  #serve(task: RunnableTask): void {
    const options = {
      boss: this.#boss,
      connections: this.#connections,
      queueSchema: this.#source.pools.queueSchema,
      task,
      run: (delivered: Delivered) => this.#run(task, delivered),
      onError: (error: Error) => this.#noteQueueError(error),
    };
    this.#deliveries.set(task.name, new Deliveries(options));
  }

  /** @param queue undefined for all */
  #wake(queue: string | undefined): void {
    if (queue !== undefined) this.#deliveries.get(queue)?.wake();
    else for (const deliveries of this.#deliveries.values()) deliveries.wake();
  }

  async #run(task: RunnableTask, delivered: Delivered): Promise<Outcome> {
    const { pools, log } = this.#source;
    const { clients, store, settings, fetchPublic, timeZone } = this.#source;
    const environment: JobEnvironment = {
      database: this.#database,
      batches: this.#batches,
      queue: this.#queue,
      notifications: this.#notifications,
      log,
      stopping: this.#requeue.signal,
      toContext: (signal) => {
        const database = new Database(pools, signal);
        const services = clients.bind(signal);
        return { database, tables: createTables(database), store, services, settings, fetchPublic, timeZone };
      },
    };
    const { jobId, trace } = delivered.data;
    const event: JobEvent = { task: task.name, jobId, ...(trace && { trace }) };
    return jobEvents.tracePromise(() => runJob(task, delivered, environment), event);
  }

  /** The queue's workers and {@link Deliveries} fail once in two seconds each; one line a minute tells the same. */
  #noteQueueError({ message = '', code }: Error & { code?: unknown }): void {
    // pg-boss passes a copy that is no `Error`, with the worker's ID in the message.
    const error = Object.assign(new Error(message.replace(/ \(Queue: .*\)$/s, '')), { code, stack: '' });
    const { pools, log } = this.#source;
    if (pools.lost?.failed(error)) return;
    const now = performance.now();
    if (error.message === this.#queueError.message && now - this.#queueError.at < QUEUE_ERROR_EVERY_MS) return;
    this.#queueError = { message: error.message, at: now };
    log.warn({ err: error }, 'the job queue failed');
  }

  /** The queue delivers each tick to one worker. A tick that is delivered twice makes one job. */
  async #tick({ data, createdOn }: JobWithMetadata<Tick>): Promise<void> {
    const schedule = this.#source.schedules.find(({ name }) => name === data.schedule);
    if (!schedule) throw new Error(`There is no schedule ${data.schedule}: another version of the worker may know it.`);
    const tick = lastTick(schedule, this.#source.timeZone, new Date(createdOn.getTime() + CLOCK_SKEW_MS));
    await this.#noteMissed(schedule, tick);
    const jobs = new Jobs(this.#queue, this.#notifications);
    await schedule.enqueue(jobs, { database: this.#database, scheduledAt: tick.toISOString() });
  }

  /** Logs that a schedule runs late, and how many of its ticks since its last run are left out. */
  async #noteMissed(schedule: Schedule, tick: Date): Promise<void> {
    const { name } = schedule;
    const last = await engineTables(this.#database).job.first({
      where: { schedule: name, scheduledAt: { isNull: false } },
      orderBy: [{ column: 'id', direction: 'desc' }],
      columns: ['scheduledAt'],
    });
    const lastAt = last?.scheduledAt ? new Date(last.scheduledAt) : undefined;
    if (lastAt && lastAt >= tick) return;
    const leftOut = lastAt ? countTicks(schedule, this.#source.timeZone, lastAt, tick) : 0;
    const lateMs = Date.now() - tick.getTime();
    if (leftOut === 0 && lateMs < LATE_MS) return;
    const fields = { schedule: name, dueAt: tick.toISOString(), lateMs, leftOut };
    this.#source.log.warn(fields, `the schedule ${name} was missed, and runs now`);
  }

  /** Without this check a worker would poll a missing queue for ever. */
  async #assertInstalled(): Promise<void> {
    const names = new Set((await this.#boss.getQueues()).map(({ name }) => name));
    const missing = this.#source.tasks.find(({ name }) => !names.has(name));
    if (missing) throw toQueueError(new Error(`Queue ${missing.name} does not exist`));
  }

  async #setSchedules(): Promise<void> {
    const { timeZone: tz, schedules } = this.#source;
    for (const { name: key, cron } of schedules) {
      await this.#boss.schedule(TICKS, cron, { schedule: key }, { key, tz, missed: 'once' });
    }
  }
}
