import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Id, Json, Timestamp } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import type { JobRow } from '../database/engine-tables.generated.ts';
import { tableOf } from '../database/table-definition.ts';
import { engineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import { toJson } from '../json.ts';
import { changes } from './changes.ts';
import type { JobNotifications } from './job-notifications.ts';
import { countUnsettled, insertJob, nextTurn, UNSETTLED } from './job-rows.ts';
import type { Queue } from './queue.ts';
import type { Task } from './task.ts';

/** For whom and for when a job is enqueued. */
export interface EnqueueOptions {
  /** In whose transaction the job is enqueued, if it is in one. */
  database: Database;
  /** Whose job it is. @default nobody's */
  owner?: string | null;
  /** The user whose turn it takes. @default the owner */
  queuedFor?: string | null;
  /** The name of the schedule that it is run for. @default none */
  schedule?: string;
  /** The tick of the schedule; a second job for the same one is not made. @default none: it is run by hand */
  scheduledAt?: Timestamp;
}

/** Work for later, as those who ask for it see it. The rows are the truth; the queue delivers. */
export class Jobs {
  readonly #queue: Queue;
  readonly #hints: JobNotifications;
  readonly #maxPending: number;

  /** @param maxPending jobs of one user that are not settled. @default any number */
  constructor(queue: Queue, hints: JobNotifications, maxPending = Number.POSITIVE_INFINITY) {
    this.#queue = queue;
    this.#hints = hints;
    this.#maxPending = maxPending;
  }

  /**
   * Enqueues a run of a task. Nothing runs before the transaction is committed, and nothing at all if it is not.
   * Where a job with its unique key, or for its tick, is there already, that one is given.
   * @throws INVALID_INPUT for an input that the task does not take, LIMIT_EXCEEDED where the user has as many jobs as one
   *   may have, unless the task is essential
   */
  async enqueue<Input, Result extends Json>(
    task: Task<Input, Result>,
    input: Input,
    { database, owner = null, queuedFor = owner, schedule, scheduledAt }: EnqueueOptions,
  ): Promise<JobRow> {
    const checked = toInput(task, input);
    return database.transaction(async (transaction) => {
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
   * Stops a job for good. One that is cancelled already stays as it is.
   * @throws NOT_FOUND where there is none, CONFLICT where it has ended otherwise
   */
  cancel(database: Database, id: Id): Promise<JobRow> {
    return database.transaction(async (transaction) => {
      const { job: jobs } = engineTables(transaction);
      const count = await jobs.update(
        { id, state: { in: UNSETTLED } },
        { state: 'CANCELLED', finishedAt: sql`clock_timestamp()` },
      );
      const job = await jobs.get({ id });
      if (count > 0) await this.#queue.cancel(transaction, { queue: job.task, id: job.deliveryId });
      else if (job.state !== 'CANCELLED') throw ended(job, 'only one that is not settled can be cancelled');
      return job;
    });
  }

  /**
   * Runs a job again, from the beginning and with all its attempts.
   * @throws NOT_FOUND where there is none, CONFLICT where it has neither failed nor was cancelled, or where another job
   *   with its unique key is on its way; LIMIT_EXCEEDED where the user has as many jobs as one may have
   */
  retry(database: Database, id: Id): Promise<JobRow> {
    return database.transaction(async (transaction) => {
      const { job: jobs } = engineTables(transaction);
      const anew = { state: 'PENDING', progress: 0, message: null, error: null, result: null } as const;
      const count = await jobs
        .update(
          { id, state: { in: ['FAILED', 'CANCELLED'] } },
          {
            ...anew,
            deliveryId: randomUUID(),
            turn: nextTurn(tableOf(database.definitions['gather.job']), sql`job.task`, sql`job."queuedFor"`),
            startedAt: null,
            finishedAt: null,
          },
        )
        .catch((error) => {
          throw error instanceof GatherError && error.code === 'CONFLICT' ? inTheWay(error) : error;
        });
      const job = await jobs.get({ id });
      if (count === 0) throw ended(job, 'only one that failed or was cancelled can be run again');
      await this.#assertRoom(transaction, job);
      await this.#send(transaction, job);
      return job;
    });
  }

  /**
   * A job as it stands, then as it was after each of its changes, until it is settled.
   * @throws NOT_FOUND where there is none, and the reason of the database's signal when that aborts
   */
  changes(database: Database, id: Id): AsyncGenerator<JobRow, void, void> {
    return changes(this.#hints, database, id);
  }

  #send(database: Database, { id, task, deliveryId, attempt, queuedFor, turn }: JobRow): Promise<void> {
    const data = { jobId: id, attemptsBefore: attempt };
    return this.#queue.send(database, { id: deliveryId, queue: task, data, queuedFor, turn });
  }

  /** The job is written already, and counted: where it is one too many, the transaction takes it back. */
  async #assertRoom(transaction: Database, { queuedFor }: JobRow): Promise<void> {
    if (queuedFor === '' || (await countUnsettled(transaction, queuedFor)) <= this.#maxPending) return;
    throw tooMany(this.#maxPending);
  }
}

function toInput<Input>({ name, input: schema }: Pick<Task<Input, Json>, 'name' | 'input'>, input: Input): Input {
  const { data, error } = schema.safeParse(input);
  if (!error) return data;
  const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
  throw new GatherError('INVALID_INPUT', `The task ${name} does not take this input. ${faults.join(' ')}`);
}

function ended({ state }: JobRow, rule: string): GatherError {
  return new GatherError('CONFLICT', `The job is ${state}: ${rule}.`);
}

function tooMany(maxPending: number): GatherError {
  const message = `Expected at most ${maxPending} jobs that are not settled (MAX_PENDING_JOBS), got one more. Wait for one of them to end, or cancel one.`;
  return new GatherError('LIMIT_EXCEEDED', message, { retryable: true });
}

function inTheWay(cause: GatherError): GatherError {
  const message = 'Another job that is to come to the same is on its way: wait for it, or cancel it.';
  return new GatherError('CONFLICT', message, { cause });
}
