import { type Kysely, type RawBuilder, sql } from 'kysely';

/** The PostgreSQL schemas of the engine's tables. */
export interface EngineSchemas {
  /** Jobs, files, accounts, and applied migrations. */
  engineSchema: string;
  /** The tables of pg-boss. */
  queueSchema: string;
}

/** A migration of the engine's own tables, in their schema. */
export type EngineMigration = (schema: string) => (database: Kysely<unknown>) => Promise<void>;

/** Names a table of the engine in SQL: `"gather"."file"`. */
export type EngineTable = (name: 'file' | 'job' | 'user') => RawBuilder<unknown>;

/** A migration of an application. `engineTable` names tables of the engine, for foreign keys. */
export type AppMigration = (database: Kysely<unknown>, engineTable: EngineTable) => Promise<void>;

/** The channel on which PostgreSQL notifies of changes of jobs. */
export function jobChannel(engineSchema: string): string {
  return `${engineSchema}_job`;
}

/** Names the engine's tables in this schema. */
export function engineTablesIn(schema: string): EngineTable {
  return (name) => sql.id(schema, name);
}
