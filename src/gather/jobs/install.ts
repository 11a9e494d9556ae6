import type { Client } from 'pg';
import { PgBoss, type Queue as QueueOptions } from 'pg-boss';
import { toGatherError } from '../database/errors.ts';
import type { EngineSchemas } from '../database/schemas.ts';
import { openingSessions } from '../database/session.ts';
import { inStep, type OnStep } from '../step.ts';
import { isOfQueue } from './queue.ts';
import type { Schedule } from './schedules.ts';
import type { RunnableTask } from './task.ts';

/** The tasks and schedules of a job queue, and its schema. */
export interface QueueSource extends Pick<EngineSchemas, 'queueSchema'> {
  tasks: readonly RunnableTask[];
  schedules: readonly Schedule[];
}

/** The dead-letter queue: jobs whose worker died during the last attempt. */
export const DEAD_LETTERS = 'gather.dead-letters';
/** The queue of due schedules. */
export const TICKS = 'gather.ticks';

const CONNECT_TIMEOUT_MS = 10_000;
/** A worker without a heartbeat for this long counts as dead, and its jobs are delivered again. */
const HEARTBEAT_SECONDS = 10;
/** Added to a task's timeout before the queue expires a delivery. */
const GRACE_SECONDS = 60;
const DAY_SECONDS = 86_400;
/** How long a job may wait for a worker before the queue deletes it. */
const KEEP_SECONDS = 365 * DAY_SECONDS;

/**
 * Creates the tables of pg-boss, and a queue with the current options for each task. Several servers may do so at once.
 */
export async function installQueues(
  databaseUrl: string,
  { queueSchema, tasks, schedules }: QueueSource,
  onStep: OnStep = () => {},
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  await inStep(onStep, 'job queue', async (report) => {
    const boss = new PgBoss({
      connectionString: databaseUrl,
      ...openingSessions(CONNECT_TIMEOUT_MS),
      schema: queueSchema,
      max: 1,
      application_name: 'gather migrate',
      supervise: false,
      schedule: false,
    });
    boss.on('error', () => {});
    try {
      await boss.start();
      await createQueue(boss, DEAD_LETTERS, { retryLimit: 100, retryDelay: 1, retryBackoff: true, retryDelayMax: 60 });
      await createQueue(boss, TICKS, { retryLimit: 10, retryDelay: 1, retryBackoff: true });
      for (const task of tasks) await createQueue(boss, task.name, toQueueOptions(task));
      await removeOldSchedules(boss, schedules);
    } catch (error) {
      throw toGatherError(error);
    } finally {
      await boss.stop({ graceful: false });
    }
    report(tasks.map(({ name }) => name).join(', '));
  });
}

/**
 * The names of missing queues; `all` if pg-boss is not installed, or in another version. Reads only.
 */
export async function missingQueues(
  client: Client,
  { queueSchema, tasks }: Pick<QueueSource, 'queueSchema' | 'tasks'>,
): Promise<'all' | string[]> {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => client.query(text, values) },
    schema: queueSchema,
    supervise: false,
    schedule: false,
    migrate: false,
    createSchema: false,
  });
  boss.on('error', () => {});
  try {
    await boss.start();
    const names = new Set((await boss.getQueues()).map(({ name }) => name));
    return [DEAD_LETTERS, TICKS, ...tasks.map(({ name }) => name)].filter((name) => !names.has(name));
  } catch (error) {
    if (isOfQueue(error)) return 'all';
    throw error;
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** Removes schedules that no longer exist. Workers set the current ones. */
async function removeOldSchedules(boss: PgBoss, schedules: readonly Schedule[]): Promise<void> {
  for (const { key } of await boss.getSchedules(TICKS)) {
    if (!schedules.some(({ name }) => name === key)) await boss.unschedule(TICKS, key);
  }
}

/** Updates the options of an existing queue, for jobs enqueued from now on. */
async function createQueue(boss: PgBoss, name: string, options: Omit<QueueOptions, 'name'>): Promise<void> {
  const all = { ...options, notify: true, retentionSeconds: KEEP_SECONDS, deleteAfterSeconds: DAY_SECONDS };
  await boss.createQueue(name, all);
  await boss.updateQueue(name, all);
}

function toQueueOptions({ attempts, backoffSeconds, timeoutMs }: RunnableTask) {
  return {
    retryLimit: attempts - 1,
    retryDelay: backoffSeconds,
    retryBackoff: true,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    expireInSeconds: Math.ceil(timeoutMs / 1000) + GRACE_SECONDS,
    deadLetter: DEAD_LETTERS,
  };
}
