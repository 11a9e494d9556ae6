import type * as z from 'zod';
import type { Json } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import type { Store } from '../files/store.ts';
import type { Logger } from '../monitoring/log.ts';
import type { PublicFetch } from '../services/public-fetch.ts';
import type { Services } from '../services/services.ts';
import type { Settings } from '../settings.ts';

/** The context of a running task. */
export interface TaskContext {
  /** Aborts when the job is cancelled, times out, or is lost to another worker. */
  signal: AbortSignal;
  /**
   * Reports progress, from 0 to 1, and a message. Visible at once, and kept if the job fails: it is not part of any
   * transaction.
   */
  progress(fraction: number, message?: string): void;
  /** Adds the job's id and the task's name to each line. */
  log: Logger;
  database: Database;
  tables: Tables;
  /** Stores the bytes of files. */
  store: Store;
  /** The application's services, by their names. */
  services: Services;
  /** The application's settings. */
  settings: Settings;
  fetchPublic: PublicFetch['fetch'];
  /** The application's time zone, by its IANA name. */
  timeZone: string;
  /** Counts from 1. */
  attempt: number;
}

/** The name, the input and the limits of a task. */
interface TaskOptions<Input> {
  /** Visible to clients, and the name of its queue. Renaming a task strands its jobs. */
  name: string;
  /** Checked when a job is enqueued, and again when it runs. */
  input: z.ZodType<Input, Input>;
  /** Maximum number of attempts. One whose worker dies counts; one whose worker is stopped does not. */
  attempts: number;
  /** The delay before the second attempt; doubled for each later one, and up to twice as long by jitter. */
  backoffSeconds: number;
  /** The limit of one attempt. */
  timeoutMs: number;
  /** How many of its jobs one worker runs at a time. */
  concurrency: number;
  /**
   * Whether its jobs are exempt from the limit of unsettled jobs per user, because the mutation that enqueues them must
   * not be refused. @default false
   */
  isEssential?: boolean;
  /** No two unsettled jobs of the task have the same key: enqueueing a second one returns the first. */
  uniqueKey?(input: Input): string;
}

/** A task as a worker runs it, without the types of its input and result. */
export interface RunnableTask extends Omit<TaskOptions<never>, 'input' | 'uniqueKey'> {
  /** Checks the input and runs the task. */
  perform(input: Json, context: TaskContext): Promise<Json>;
}

/** Work that runs outside the request that asks for it. */
export interface Task<Input, Result extends Json> extends TaskOptions<Input> {
  /**
   * Does the work. Must be idempotent, because a job may run more than once. An error fails the attempt; clients see the
   * message of a `GatherError`, and one that is not `retryable` is not retried.
   */
  run(input: Input, context: TaskContext): Promise<Result>;
}

/** Defines a task from its options and its code, with the types of its input and result. */
export function defineTask<Input, Result extends Json>(task: Task<Input, Result>): Task<Input, Result> & RunnableTask {
  return { ...task, perform: async (input, context) => task.run(task.input.parse(input), context) };
}
