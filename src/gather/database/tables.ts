import type { Registered } from '../register.ts';
import type { Database } from './database.ts';
import { tables as ownTables } from './engine-tables.generated.ts';
import type { TableName } from './schema.ts';
import { Table } from './table.ts';
import type { TableDefinition } from './table-definition.ts';

/** What is known of each table: the application's, and the engine's as `gather.job`. */
export type Definitions = { readonly [T in TableName]: TableDefinition<T> };

/** What is known of the application's tables, as `npm run codegen` finds it. */
// biome-ignore lint/complexity/noBannedTypes: an application without tables adds none
export type AppDefinitions = Registered<'definitions', {}>;

/** The operations on each table. */
export type Tables = { readonly [T in TableName]: Table<T> };

/** Puts the application's tables and the engine's together, these in the schema that they live in. */
export function toDefinitions(app: AppDefinitions, engineSchema: string): Definitions {
  const own = Object.entries(ownTables).map(([name, table]) => [name, { ...table, schema: engineSchema }]);
  return { ...app, ...Object.fromEntries(own) };
}

/** The tables of the engine itself. */
export type EngineTables = ReturnType<typeof engineTables>;

/** The tables of the engine itself, as one request or job, or one transaction of it, uses them. */
export function engineTables(database: Database) {
  const { definitions } = database;
  return {
    file: new Table(definitions['gather.file'], database),
    job: new Table(definitions['gather.job'], database),
    session: new Table(definitions['gather.session'], database),
    upload: new Table(definitions['gather.upload'], database),
    user: new Table(definitions['gather.user'], database),
  };
}

/** The tables as one request or job, or one transaction of it, uses them. */
export function createTables(database: Database): Tables {
  const tables: Partial<Record<TableName, unknown>> = {};
  for (const name of Object.keys(database.definitions) as TableName[]) tables[name] = toTable(name, database);
  return tables as Tables;
}

function toTable<T extends TableName>(name: T, database: Database): Table<T> {
  return new Table<T>(database.definitions[name], database);
}
