import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Id, Json, Timestamp } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import type { JobRow } from '../database/engine-tables.generated.ts';
import { tableOf } from '../database/table-definition.ts';
import { engineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import { toJson } from '../json.ts';
import { enqueues } from '../monitoring/channels.ts';
import { changes } from './changes.ts';
import type { JobNotifications } from './job-notifications.ts';
import { countUnsettled, insertJob, nextTurn, UNSETTLED } from './job-rows.ts';
import type { DeliveryData, Queue } from './queue.ts';
import type { Task } from './task.ts';

/** How a job is enqueued. */
export interface EnqueueOptions {
  /** The job is enqueued in its transaction, if it is in one. */
  database: Database;
  /** The owner of the job. @default nobody */
  owner?: string | null;
  /** The user that it counts for in fair queueing. @default the owner */
  queuedFor?: string | null;
  /** The name of its schedule. @default none */
  schedule?: string;
  /** The tick of the schedule, for which there is only one job. @default none: the schedule is run by hand */
  scheduledAt?: Timestamp;
}

/** Enqueues, cancels, retries and watches jobs. The rows are the source of truth; the queue only delivers. */
export class Jobs {
  readonly #queue: Queue;
  readonly #notifications: JobNotifications;
  readonly #maxPending: number;

  /** @param maxPending unsettled jobs of one user. @default any number */
  constructor(queue: Queue, notifications: JobNotifications, maxPending = Number.POSITIVE_INFINITY) {
    this.#queue = queue;
    this.#notifications = notifications;
    this.#maxPending = maxPending;
  }

  /**
   * Enqueues a run of a task. It runs once the transaction is committed, and not at all if it is rolled back. If a job with
   * the same unique key or tick exists, returns that one.
   * @throws INVALID_INPUT if the task does not accept the input; LIMIT_EXCEEDED if the user has too many unsettled jobs,
   *   unless the task is essential
   */
  async enqueue<Input, Result extends Json>(
    task: Task<Input, Result>,
    input: Input,
    { database, owner = null, queuedFor = owner, schedule, scheduledAt }: EnqueueOptions,
  ): Promise<JobRow> {
    const checked = toInput(task, input);
    return database.asServer.transaction(async (transaction) => {
      const { job, created } = await insertJob(transaction, engineTables(transaction), {
        task: task.name,
        owner,
        queuedFor: queuedFor ?? '',
        input: toJson(checked),
        deliveryId: randomUUID(),
        uniqueKey: task.uniqueKey?.(checked) ?? null,
        schedule: schedule ?? null,
        scheduledAt: scheduledAt ?? null,
      });
      if (!created) return job;
      if (!task.isEssential) await this.#assertRoom(transaction, job);
      await this.#send(transaction, job);
      return job;
    });
  }

  /**
   * Cancels a job. A job that is cancelled already is unchanged.
   * @throws NOT_FOUND, and CONFLICT if it has succeeded or failed
   */
  cancel(database: Database, id: Id): Promise<JobRow> {
    return database.asServer.transaction(async (transaction) => {
      const { job: jobs } = engineTables(transaction);
      const count = await jobs.update(
        { id, state: { in: UNSETTLED } },
        { state: 'CANCELLED', finishedAt: sql`clock_timestamp()` },
      );
      const job = await jobs.get({ id });
      if (count > 0) await this.#queue.cancel(transaction, { queue: job.task, id: job.deliveryId });
      else if (job.state !== 'CANCELLED') throw wrongState(job, 'only an unsettled job can be cancelled');
      return job;
    });
  }

  /**
   * Runs a failed or cancelled job again, with all its attempts.
   * @throws NOT_FOUND; CONFLICT if it is in another state, or another unsettled job has its unique key; LIMIT_EXCEEDED if
   *   the user has too many unsettled jobs
   */
  retry(database: Database, id: Id): Promise<JobRow> {
    return database.asServer.transaction(async (transaction) => {
      const { job: jobs } = engineTables(transaction);
      const reset = { state: 'PENDING', progress: 0, message: null, error: null, result: null } as const;
      const count = await jobs
        .update(
          { id, state: { in: ['FAILED', 'CANCELLED'] } },
          {
            ...reset,
            deliveryId: randomUUID(),
            turn: nextTurn(tableOf(database.definitions['gather.job']), sql`job.task`, sql`job."queuedFor"`),
            startedAt: null,
            finishedAt: null,
          },
        )
        .catch((error) => {
          throw error instanceof GatherError && error.code === 'CONFLICT' ? duplicate(error) : error;
        });
      const job = await jobs.get({ id });
      if (count === 0) throw wrongState(job, 'only a failed or cancelled job can be run again');
      await this.#assertRoom(transaction, job);
      await this.#send(transaction, job);
      return job;
    });
  }

  /**
   * The current state of a job, then its state after each change, until it is settled.
   * @throws NOT_FOUND, and the reason of the database's signal when it aborts
   */
  changes(database: Database, id: Id): AsyncGenerator<JobRow, void, void> {
    return changes(this.#notifications, database, id);
  }

  #send(database: Database, { id, task, deliveryId, attempt, queuedFor, turn }: JobRow): Promise<void> {
    const data: DeliveryData = { jobId: id, attemptsBefore: attempt };
    enqueues.publish(data);
    return this.#queue.send(database, { id: deliveryId, queue: task, data, queuedFor, turn });
  }

  /** Counts the job too, which is written already: if it is one too many, the transaction is rolled back. */
  async #assertRoom(transaction: Database, { queuedFor }: JobRow): Promise<void> {
    if (queuedFor === '' || (await countUnsettled(transaction, queuedFor)) <= this.#maxPending) return;
    throw tooMany(this.#maxPending);
  }
}

function toInput<Input>({ name, input: schema }: Pick<Task<Input, Json>, 'name' | 'input'>, input: Input): Input {
  const { data, error } = schema.safeParse(input);
  if (!error) return data;
  const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
  throw new GatherError('INVALID_INPUT', `The task ${name} does not accept this input. ${faults.join(' ')}`);
}

function wrongState({ state }: JobRow, rule: string): GatherError {
  return new GatherError('CONFLICT', `The job is ${state}: ${rule}.`);
}

function tooMany(maxPending: number): GatherError {
  const message = `Expected at most ${maxPending} unsettled jobs (MAX_PENDING_JOBS), got one more. Wait for one to end, or cancel one.`;
  return new GatherError('LIMIT_EXCEEDED', message, { retryable: true });
}

function duplicate(cause: GatherError): GatherError {
  const message = 'Another job with the same unique key is not settled: wait for it, or cancel it.';
  return new GatherError('CONFLICT', message, { cause });
}
