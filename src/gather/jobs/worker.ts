import { setTimeout as sleep } from 'node:timers/promises';
import { type JobWithMetadata, PgBoss, type WorkOptions } from 'pg-boss';
import { Database } from '../database/database.ts';
import { channelOf, type Pools } from '../database/pool.ts';
import { openingSessions } from '../database/session.ts';
import { createTables, engineTables } from '../database/tables.ts';
import type { Logger } from '../monitoring/log.ts';
import type { Outcome } from './attempt.ts';
import { failDeadLetter } from './dead-letters.ts';
import { DEAD_LETTERS, TICKS } from './install.ts';
import { JobNotifications } from './job-notifications.ts';
import { Jobs } from './jobs.ts';
import { type DeliveryData, Queue, toQueueError } from './queue.ts';
import { type JobEnvironment, runJob } from './run-job.ts';
import { lastTick, type Schedule } from './schedules.ts';
import type { RunnableTask, TaskContext } from './task.ts';

/** The dependencies of a worker. The caller closes them once the worker has stopped. */
export interface WorkerSource
  extends Pick<TaskContext, 'store' | 'services' | 'settings' | 'fetchPublic' | 'timeZone'> {
  databaseUrl: string;
  pools: Pools;
  log: Logger;
  /** How often the queue looks for jobs whose worker is dead. */
  superviseSeconds: number;
  tasks: readonly RunnableTask[];
  schedules: readonly Schedule[];
}

/** What the queue says when a schedule is due. */
interface Tick {
  schedule: string;
}

/** How long the jobs of a worker that ends may go on. */
const DRAIN_MS = 10_000;
/** How long a cancelled job may go on where the word of it was lost. */
const POLL_INTERVAL_MS = 1000;
/** And how long it may take to give them back: PostgreSQL may be away. */
const GIVE_BACK_MS = 5000;
const CONNECTIONS = 5;
const CONNECT_TIMEOUT_MS = 10_000;
/** A notification wakes the queue's workers at once. This is for what nobody is notified of: a retry that is due. */
const POLL_SECONDS = 2;
/** A tick that PostgreSQL's clock puts this little before its time is the one of that time. */
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
  readonly #boss: PgBoss;
  readonly #queue: Queue;
  readonly #hints: JobNotifications;
  readonly #database: Database;
  readonly #giveBack = new AbortController();
  readonly #running = new Set<Promise<Outcome>>();

  constructor(source: WorkerSource) {
    this.#source = source;
    this.#queue = new Queue(source.pools);
    this.#hints = new JobNotifications(source.databaseUrl, channelOf(source.pools), POLL_INTERVAL_MS);
    this.#database = new Database(source.pools, new AbortController().signal);
    this.#boss = new PgBoss({
      connectionString: source.databaseUrl,
      ...openingSessions(CONNECT_TIMEOUT_MS),
      schema: source.pools.queueSchema,
      application_name: 'gather worker',
      max: CONNECTIONS,
      migrate: false,
      createSchema: false,
      useListenNotify: true,
      persistQueueStats: true,
      superviseIntervalSeconds: source.superviseSeconds,
      monitorIntervalSeconds: source.superviseSeconds,
      cronMonitorIntervalSeconds: 10,
      cronWorkerIntervalSeconds: 5,
    });
    // Without its data: of a slow statement they are its text and its values.
    this.#boss.on('warning', ({ message }) => source.log.warn(message));
    this.#boss.on('error', (error) => source.log.warn({ err: error }, 'the job queue had a fault'));
  }

  /** Begins to run jobs. @throws where PostgreSQL cannot be reached, or `migrate` has not made the queue */
  async start(): Promise<void> {
    await this.#boss.start().catch((error) => {
      throw toQueueError(error);
    });
    await this.#assertInstalled();
    await this.#setSchedules();
    for (const task of this.#source.tasks) await this.#serve(task);
    await this.#boss.work<DeliveryData, void, typeof WORK>(DEAD_LETTERS, WORK, async ([job]) => {
      if (!job) return [];
      await failDeadLetter(engineTables(this.#database), job.data, job.sourceId ?? '');
      return [{ id: job.id, status: 'completed' }];
    });
    await this.#boss.work<Tick, void, typeof WORK>(TICKS, WORK, async ([job]) => {
      if (!job) return [];
      await this.#tick(job);
      return [{ id: job.id, status: 'completed' }];
    });
  }

  /**
   * Begins no more jobs, lets those under way finish for up to 10 seconds, and gives back the rest: another worker runs
   * them, or this one when it is started again.
   * @param force gives them back as soon as it aborts
   */
  async drain(force: AbortSignal = new AbortController().signal): Promise<void> {
    for (const { name } of this.#source.tasks) await this.#boss.offWork(name, { wait: false });
    await Promise.race([this.#settled(), sleep(DRAIN_MS, undefined, { signal: force, ref: false })]).catch(() => {});
    this.#giveBack.abort();
    await Promise.race([this.#settled(), sleep(GIVE_BACK_MS, undefined, { ref: false })]);
  }

  /** Closes everything, once the jobs have ended. */
  async close(): Promise<void> {
    await this.#boss.stop({ graceful: true });
    await this.#queue.close();
    await this.#hints.close();
  }

  async #settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  /**
   * With one job to a fetch, a long job keeps no other waiting. Nobody has all of the places, where there are several: one
   * is left for the jobs of others.
   */
  async #serve(task: RunnableTask): Promise<void> {
    const { name, concurrency } = task;
    const localGroupConcurrency = Math.max(1, concurrency - 1);
    const options = { ...WORK, localConcurrency: concurrency, localGroupConcurrency };
    await this.#boss.work<DeliveryData, void, typeof options>(name, options, async ([job]) => {
      if (!job) return [];
      const status = await this.#run(task, job);
      this.#lookForMore(name);
      return [{ id: job.id, status }];
    });
  }

  /** The place that ends a job takes the next one at once. It is among those that have one; the others do so anyway. */
  #lookForMore(task: string): void {
    for (const { id, name, count } of this.#boss.getWipData()) {
      if (name === task && count > 0) this.#boss.notifyWorker(id);
    }
  }

  async #run(task: RunnableTask, job: JobWithMetadata<DeliveryData>): Promise<Outcome> {
    const { pools, log } = this.#source;
    const { store, services, settings, fetchPublic, timeZone } = this.#source;
    const environment: JobEnvironment = {
      database: this.#database,
      queue: this.#queue,
      hints: this.#hints,
      log,
      stopping: this.#giveBack.signal,
      toContext: (signal) => {
        const database = new Database(pools, signal);
        return { database, tables: createTables(database), store, services, settings, fetchPublic, timeZone };
      },
    };
    const running = runJob(task, job, environment);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** The queue runs each tick once, for all workers together; and a tick that it delivers twice makes one job. */
  async #tick({ data, createdOn }: JobWithMetadata<Tick>): Promise<void> {
    const schedule = this.#source.schedules.find(({ name }) => name === data.schedule);
    if (!schedule) throw new Error(`There is no schedule ${data.schedule}: another version of the worker may know it.`);
    const tick = lastTick(schedule, this.#source.timeZone, new Date(createdOn.getTime() + CLOCK_SKEW_MS));
    const jobs = new Jobs(this.#queue, this.#hints);
    await schedule.enqueue(jobs, { database: this.#database, scheduledAt: tick.toISOString() });
  }

  /** A queue that is missing would be asked for in vain, for ever. */
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
