import type { TableName } from './schema.ts';
import type { Definitions } from './tables.ts';

/** The columns of a foreign key, in order, or its single column. */
export type ForeignKeyColumns = string | readonly string[];

/** A foreign key. */
export interface ForeignKey {
  columns: readonly string[];
  /** The table that it refers to. */
  table: TableName;
  /** The unique key of that table. */
  to: readonly string[];
}

/** The foreign keys of a table. */
export function foreignKeysOf(definitions: Definitions, table: TableName): readonly ForeignKey[] {
  const { references, foreignKeys = [] } = definitions[table];
  const single = Object.entries<string>(references).map(([column, target]) =>
    toForeignKey(definitions, column, target),
  );
  return [...single, ...foreignKeys.map((key) => ({ ...key, table: key.table as TableName }))];
}

/** The foreign key with these columns; undefined if the table has none. */
export function findForeignKey(
  definitions: Definitions,
  table: TableName,
  given: ForeignKeyColumns,
): ForeignKey | undefined {
  const columns = typeof given === 'string' ? given : given.join();
  return foreignKeysOf(definitions, table).find((key) => key.columns.join() === columns);
}

function toForeignKey(definitions: Definitions, column: string, target: string): ForeignKey {
  const table = target as TableName;
  return { columns: [column], table, to: definitions[table].key };
}
