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
import type { Logger } from '../monitoring/log.ts';
import { TimeoutError } from './attempt-signal.ts';
import { UNSETTLED } from './job-rows.ts';
import type { DeliveryData, Queue } from './queue.ts';

/** What the queue has handed to this worker. */
export interface Delivered {
  id: string;
  data: DeliveryData;
  /** How often it was delivered before. */
  retryCount: number;
  /** How often it is delivered again at most, after the first time. */
  retryLimit: number;
  /** Aborts when the queue takes it for another worker's. */
  signal: AbortSignal;
}

/** What the queue is to make of it: be done with it, deliver it again if it may, or never deliver it again. */
export type Outcome = 'completed' | 'failed' | 'deadletter';

/** What an attempt needs to write its outcome. */
export interface AttemptSource {
  /** The rows of the jobs; does not end with any job. */
  database: Database;
  queue: Queue;
  log: Logger;
  /** Aborts when jobs are to be given back, because the worker ends. */
  stopping: AbortSignal;
}

/** While PostgreSQL is away, what is to be written is tried again this often, for this long. */
const AGAIN_AFTER_MS = 250;
const AGAIN_FOR_MS = 60_000;

/**
 * One attempt of a job, by its number. Each of its writes is for this attempt only: it changes nothing once the job is
 * settled, or once another attempt has begun.
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

  constructor(delivered: Delivered, source: AttemptSource, task: string) {
    this.jobId = delivered.data.jobId;
    this.number = delivered.data.attemptsBefore + delivered.retryCount + 1;
    this.log = source.log.child({ job: delivered.data.jobId, task, attempt: this.number });
    this.#delivered = delivered;
    this.#source = source;
    this.#task = task;
    this.#jobs = engineTables(source.database).job;
  }

  /** @returns the input; undefined where there is nothing to be done, since the job is settled or another's */
  begin(): Promise<Json | undefined> {
    const { id: deliveryId, data } = this.#delivered;
    const begun = { state: 'RUNNING', attempt: this.number, progress: 0, message: null, error: null } as const;
    return this.#again(async () => {
      const count = await this.#jobs.update(
        // It has this number already where PostgreSQL began it and its answer was lost. Nobody else has this number.
        { id: data.jobId, deliveryId, attempt: { lte: this.number }, state: { in: UNSETTLED } },
        { ...begun, startedAt: now() },
      );
      if (count === 0) return undefined;
      return (await this.#jobs.get({ id: data.jobId }, { columns: ['input'] })).input;
    });
  }

  /** Whether the job is still this attempt's. */
  isPresent(): Promise<boolean> {
    return this.#jobs.exists(this.#fence);
  }

  /** @returns whether it was still this attempt's to write */
  async write(patch: Patch<'gather.job'>, from: readonly JobState[] = ['RUNNING']): Promise<boolean> {
    return (await this.#jobs.update({ ...this.#fence, state: { in: from } }, patch)) > 0;
  }

  async succeed(result: Json): Promise<Outcome> {
    const settled = {
      state: 'SUCCEEDED',
      progress: 1,
      result: toJson(result ?? null),
      finishedAt: now(),
    } as const;
    const isWritten = await this.#again(() => this.write(settled));
    this.#say(isWritten ? 'succeeded' : 'came too late');
    return 'completed';
  }

  async fail(reason: unknown): Promise<Outcome> {
    const isFinal = this.#delivered.retryCount >= this.#delivered.retryLimit || !isWorthAnother(reason);
    this.log.error(reason);
    const error = JSON.stringify(toJobError(reason));
    const failed = isFinal
      ? ({ state: 'FAILED', error, finishedAt: now() } as const)
      : ({ state: 'RETRYING', error } as const);
    // It is RETRYING already where PostgreSQL wrote it and its answer was lost.
    const isWritten = await this.#again(() => this.write(failed, ['RUNNING', 'RETRYING']));
    if (!isWritten) return this.abandon();
    this.#say(isFinal ? 'failed' : 'failed, and will be tried again');
    return isFinal ? 'deadletter' : 'failed';
  }

  abandon(): Outcome {
    this.#say('was cancelled, or is another worker’s');
    return 'completed';
  }

  /** Enqueues the job anew, so that this attempt counts neither as one of those that it may have nor as failed. */
  async giveBack(): Promise<Outcome> {
    const { data, retryCount, retryLimit } = this.#delivered;
    const { database, queue } = this.#source;
    await database.transaction(async (transaction) => {
      const deliveryId = randomUUID();
      const back = { state: 'PENDING', deliveryId, progress: 0, message: null, startedAt: null } as const;
      const { job: jobs } = engineTables(transaction);
      if ((await jobs.update(this.#fence, back)) === 0) return;
      const { queuedFor, turn } = await jobs.get({ id: data.jobId }, { columns: ['queuedFor', 'turn'] });
      await queue.send(transaction, {
        id: deliveryId,
        queue: this.#task,
        data: { jobId: data.jobId, attemptsBefore: this.number },
        queuedFor,
        turn,
        retryLimit: retryLimit - retryCount,
      });
    });
    this.#say('was given back');
    return 'completed';
  }

  get #fence() {
    const { id: deliveryId, data } = this.#delivered;
    return { id: data.jobId, deliveryId, attempt: this.number, state: 'RUNNING' as const };
  }

  /** Tries until PostgreSQL is back, or the worker ends. What it refuses is not tried again. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + AGAIN_FOR_MS;
    while (true) {
      try {
        return await work();
      } catch (error) {
        const isAway = error instanceof GatherError && error.retryable;
        if (!isAway || this.#source.stopping.aborted || performance.now() > deadline) throw error;
        await sleep(AGAIN_AFTER_MS);
      }
    }
  }

  #say(outcome: string): void {
    this.log.info({ ms: Math.round(performance.now() - this.#start) }, `${this.#task} ${outcome}`);
  }
}

function toJobError(reason: unknown): JobError {
  if (reason instanceof TimeoutError) return { code: 'TIMED_OUT', message: reason.message };
  const message = reason instanceof GatherError ? reason.message : 'Something went wrong on our side.';
  return { code: 'TASK_FAILED', message };
}

/** What a client would be told not to send again is not run again either. */
function isWorthAnother(error: unknown): boolean {
  return !(error instanceof GatherError) || error.retryable;
}

function now() {
  return sql`clock_timestamp()`;
}
