import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Id, Json } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import type { JobError, JobState } from '../database/schema.ts';
import type { Table } from '../database/table.ts';
import { engineTables } from '../database/tables.ts';
import type { Patch } from '../database/update.ts';
import { GatherError } from '../errors.ts';
import { toJson } from '../json.ts';
import { describeError } from '../monitoring/describe-error.ts';
import { hideValues } from '../monitoring/hide-values.ts';
import type { Logger } from '../monitoring/log.ts';
import { reportFault } from '../monitoring/report-fault.ts';
import type { AttemptBatches } from './attempt-batches.ts';
import type { AttemptEnd } from './attempt-rows.ts';
import { TimeoutError } from './attempt-signal.ts';
import { UNSETTLED } from './job-rows.ts';
import type { DeliveryData, Queue } from './queue.ts';

/** A delivery of a job to this worker. */
export interface Delivered {
  id: string;
  data: DeliveryData;
  /** Earlier deliveries. */
  retryCount: number;
  /** Maximum number of deliveries after the first. */
  retryLimit: number;
}

/** What an attempt has come to: nothing is left to do, it is to be delivered again, or the job has failed for good. */
export type Outcome = 'completed' | 'failed' | 'deadletter';

/** The dependencies of an attempt. */
export interface AttemptSource {
  /** For the jobs' rows; its signal does not abort with a job. */
  database: Database;
  batches: AttemptBatches;
  queue: Queue;
  log: Logger;
  /** Aborts when the worker stops and requeues its jobs. */
  stopping: AbortSignal;
}

/** Retries of a write while PostgreSQL is unavailable: how often, and for how long. */
const RETRY_INTERVAL_MS = 250;
const RETRY_TIMEOUT_MS = 60_000;

/**
 * One numbered attempt of a job. Its writes are fenced: they change nothing once the job is settled, or another attempt
 * has begun.
 */
export class Attempt {
  readonly jobId: Id;
  readonly number: number;
  readonly log: Logger;
  readonly #delivered: Delivered;
  readonly #source: AttemptSource;
  readonly #task: string;
  readonly #jobs: Table<'gather.job'>;
  readonly #start = performance.now();
  #input: Json | undefined;
  readonly #hide = hideValues(() => this.#input);

  constructor(delivered: Delivered, source: AttemptSource, task: string) {
    this.jobId = delivered.data.jobId;
    this.number = delivered.data.attemptsBefore + delivered.retryCount + 1;
    this.log = source.log.child({ job: delivered.data.jobId, task, attempt: this.number });
    this.#delivered = delivered;
    this.#source = source;
    this.#task = task;
    this.#jobs = engineTables(source.database).job;
  }

  /** Marks the job as running. @returns its input; undefined if the job is settled or belongs to another attempt */
  async begin(): Promise<Json | undefined> {
    const { id: deliveryId, data } = this.#delivered;
    const inBatch = await this.#source.batches.begin(this.#key);
    if (inBatch) {
      this.#input = inBatch.input;
      return inBatch.input;
    }
    const begun = { state: 'RUNNING', attempt: this.number, progress: 0, message: null, error: null } as const;
    return this.#withRetries(async () => {
      const count = await this.#jobs.update(
        // `lte`: an earlier try may have been committed although its answer was lost. No other attempt has this number.
        { id: data.jobId, deliveryId, attempt: { lte: this.number }, state: { in: UNSETTLED } },
        { ...begun, startedAt: now() },
      );
      if (count === 0) return undefined;
      this.#input = (await this.#jobs.get({ id: data.jobId }, { columns: ['input'] })).input;
      return this.#input;
    });
  }

  /** Whether the job still belongs to this attempt. */
  isPresent(): Promise<boolean> {
    return this.#source.batches.isPresent(this.#key);
  }

  /** @returns false, with nothing written, if the job no longer belongs to this attempt */
  async write(patch: Patch<'gather.job'>, from: readonly JobState[] = ['RUNNING']): Promise<boolean> {
    return (await this.#jobs.update({ ...this.#fence, state: { in: from } }, patch)) > 0;
  }

  async succeed(result: Json): Promise<Outcome> {
    const isWritten = await this.#end({ state: 'SUCCEEDED', result: toJson(result ?? null), error: null });
    this.#logOutcome(isWritten ? 'succeeded' : 'finished too late');
    return 'completed';
  }

  async fail(reason: unknown): Promise<Outcome> {
    const isFinal = this.#delivered.retryCount >= this.#delivered.retryLimit || !isRetryable(reason);
    reportFault(reason, { willRetry: !isFinal, hide: this.#hide });
    const error = JSON.stringify(toJobError(reason));
    const isWritten = await this.#end({ state: isFinal ? 'FAILED' : 'RETRYING', result: null, error });
    if (!isWritten) return this.abandon();
    const err = describeError(reason, this.#hide);
    if (isFinal) this.log.error({ ms: this.#ms, err }, `${this.#task} failed for good`);
    else this.log.warn({ ms: this.#ms, err }, `${this.#task} failed, and will be retried`);
    return isFinal ? 'deadletter' : 'failed';
  }

  abandon(): Outcome {
    this.#logOutcome('was cancelled, or another worker has it');
    return 'completed';
  }

  /** Requeues the job. This attempt does not count against the job's attempts, and has not failed. */
  async requeue(): Promise<Outcome> {
    const { data, retryCount, retryLimit } = this.#delivered;
    const { database, queue } = this.#source;
    await database.transaction(async (transaction) => {
      const deliveryId = randomUUID();
      const pending = { state: 'PENDING', deliveryId, progress: 0, message: null, startedAt: null } as const;
      const { job: jobs } = engineTables(transaction);
      if ((await jobs.update({ ...this.#fence, state: 'RUNNING' }, pending)) === 0) return;
      const { queuedFor, turn } = await jobs.get({ id: data.jobId }, { columns: ['queuedFor', 'turn'] });
      await queue.send(transaction, {
        id: deliveryId,
        queue: this.#task,
        data: { ...data, attemptsBefore: this.number },
        queuedFor,
        turn,
        retryLimit: retryLimit - retryCount,
      });
    });
    this.#logOutcome('was requeued');
    return 'completed';
  }

  /** @returns false, with nothing written, if the job no longer belongs to this attempt */
  async #end({ state, result, error }: Pick<AttemptEnd, 'state' | 'result' | 'error'>): Promise<boolean> {
    if (await this.#source.batches.end({ ...this.#key, state, result, error })) return true;
    const ended = { state, result, error, ...(state !== 'RETRYING' && { finishedAt: now() }) };
    const patch = state === 'SUCCEEDED' ? { ...ended, progress: 1 } : ended;
    // RETRYING: an earlier try may have been committed although its answer was lost.
    return this.#withRetries(() => this.write(patch, state === 'SUCCEEDED' ? ['RUNNING'] : ['RUNNING', 'RETRYING']));
  }

  get #key() {
    return { jobId: this.jobId, deliveryId: this.#delivered.id, number: this.number };
  }

  get #fence() {
    return { id: this.jobId, deliveryId: this.#delivered.id, attempt: this.number };
  }

  /** Retries while PostgreSQL is unavailable, until the worker stops. Other errors are not retried. */
  async #withRetries<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + RETRY_TIMEOUT_MS;
    while (true) {
      try {
        return await work();
      } catch (error) {
        const isTransient = error instanceof GatherError && error.retryable;
        if (!isTransient || this.#source.stopping.aborted || performance.now() > deadline) throw error;
        await sleep(RETRY_INTERVAL_MS);
      }
    }
  }

  #logOutcome(outcome: string): void {
    this.log.info({ ms: this.#ms }, `${this.#task} ${outcome}`);
  }

  get #ms(): number {
    return Math.round(performance.now() - this.#start);
  }
}

function toJobError(reason: unknown): JobError {
  if (reason instanceof TimeoutError) return { code: 'TIMED_OUT', message: reason.message };
  const message = reason instanceof GatherError ? reason.message : 'Something went wrong on our side.';
  return { code: 'TASK_FAILED', message };
}

/** A fault of the program may be transient; a `GatherError` says whether it is. */
function isRetryable(error: unknown): boolean {
  return !(error instanceof GatherError) || error.retryable;
}

function now() {
  return sql`clock_timestamp()`;
}
