import type * as z from 'zod';
import type { Json } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import type { Store } from '../files/store.ts';
import type { Logger } from '../monitoring/log.ts';
import type { Services } from '../services/define-service.ts';
import type { PublicFetch } from '../services/public-fetch.ts';
import type { Settings } from '../settings.ts';

/** What a task is handed beside its input. */
export interface TaskContext {
  /** Aborts when the job is cancelled, is past its timeout, or is not this worker's any more. */
  signal: AbortSignal;
  /**
   * Says how far it is, from 0 to 1, and in words. It is seen at once, and stays where the job later fails: it is no
   * part of any transaction.
   */
  progress(fraction: number, message?: string): void;
  /** Its lines carry the job's id and the task's name. */
  log: Logger;
  database: Database;
  tables: Tables;
  /** The bytes of files. */
  store: Store;
  /** The application's services, by their names. */
  services: Services;
  /** The application's settings. */
  settings: Settings;
  fetchPublic: PublicFetch['fetch'];
  /** The application's, by its IANA name. */
  timeZone: string;
  /** 1 at first. */
  attempt: number;
}

/** What a task is: a name, what it takes, and how often and how long it is tried. */
interface TaskOptions<Input> {
  /** As clients see it, and the name of its queue. Renaming one strands its jobs. */
  name: string;
  /** What it takes. The input is checked when a job is enqueued, and again when it is run. */
  input: z.ZodType<Input, Input>;
  /** How often a job is begun at most. A worker's death counts, a worker's orderly end does not. */
  attempts: number;
  /** Before the second attempt, in seconds; doubled for each one after it, and up to twice as long by chance. */
  backoffSeconds: number;
  /** After which an attempt is aborted. */
  timeoutMs: number;
  /** How many jobs of it one worker runs at a time. */
  concurrency: number;
  /**
   * Whether its jobs are enqueued however many their user has waiting, because what they are enqueued with must not be
   * refused. @default false
   */
  isEssential?: boolean;
  /** Of jobs that are not settled, no two have the same key: enqueueing the second gives the first. */
  uniqueKey?(input: Input): string;
}

/** A task as a worker runs it, with any input and result. */
export interface RunnableTask extends Omit<TaskOptions<never>, 'input' | 'uniqueKey'> {
  /** Checks the input of a job, and runs the task with it. */
  perform(input: Json, context: TaskContext): Promise<Json>;
}

/** A piece of work that is done apart from the request that asks for it. */
export interface Task<Input, Result extends Json> extends TaskOptions<Input> {
  /**
   * Does it. May be run more than once for one job, so that what it does twice must come to the same.
   * An error that it throws fails the attempt; its message is shown to clients where it is a `GatherError`.
   * One of those that is not `retryable` is not tried again.
   */
  run(input: Input, context: TaskContext): Promise<Result>;
}

/** A task from its options and its code. The types of what it takes and gives follow from these. */
export function defineTask<Input, Result extends Json>(task: Task<Input, Result>): Task<Input, Result> & RunnableTask {
  return { ...task, perform: async (input, context) => task.run(task.input.parse(input), context) };
}
