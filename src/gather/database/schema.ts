import type { Registered } from '../register.ts';
import type { Tables as EngineTables, tables as engineTables, JobRow } from './engine-tables.generated.ts';

/** The application's tables, as Kysely types them. */
// biome-ignore lint/complexity/noBannedTypes: an application without tables adds none
type AppTables = Registered<'tables', {}>;

/** All tables: the application's, and the engine's as `gather.job`. */
export type Schema = AppTables & EngineTables;

/** The name of a table in the code. */
export type TableName = keyof Schema & string;

// biome-ignore lint/complexity/noBannedTypes: an application without tables adds none
type Definitions = Registered<'definitions', {}> & typeof engineTables;

/** The columns of a table's key. */
export type KeyColumn<T> = T extends keyof Definitions
  ? Definitions[T] extends { readonly key: readonly (infer C extends string)[] }
    ? C
    : never
  : never;

/** Why an attempt failed. Clients see the message. */
export interface JobError {
  code: 'TASK_FAILED' | 'TIMED_OUT' | 'WORKER_LOST';
  message: string;
}

export type JobState = JobRow['state'];
