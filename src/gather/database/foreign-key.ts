import type { TableName } from './schema.ts';
import type { Definitions } from './tables.ts';

/** The columns of a foreign key, in order, or its single column. */
export type ForeignKeyColumns = string | readonly string[];

/** A foreign key. */
interface ForeignKey {
  columns: readonly string[];
  /** The table that it refers to. */
  table: TableName;
  /** The unique key of that table. */
  to: readonly string[];
}

/** The foreign key with these columns; undefined if the table has none. */
export function findForeignKey(
  definitions: Definitions,
  table: TableName,
  given: ForeignKeyColumns,
): ForeignKey | undefined {
  const columns = typeof given === 'string' ? [given] : given;
  const { references, foreignKeys = [] } = definitions[table];
  const [column = ''] = columns;
  const target =
    columns.length === 1 ? Object.entries<string>(references).find(([it]) => it === column)?.[1] : undefined;
  if (target !== undefined) {
    return { columns, table: target as TableName, to: definitions[target as TableName].key };
  }
  const found = foreignKeys.find((key) => key.columns.join() === columns.join());
  return found && { ...found, table: found.table as TableName };
}
