import type DataLoader from 'dataloader';
import { sql } from 'kysely';
import type { Column } from '../database/order.ts';
import type { Schema } from '../database/schema.ts';
import { param } from '../database/statement.ts';
import { bind, type Row, toColumns, toList } from '../database/table-definition.ts';
import { definitions } from '../database/tables.ts';
import { createLoader, inKeyOrder, type LoaderSource } from './batch.ts';

/** A unique column of a table, and its type in PostgreSQL. */
export interface UniqueKey<T extends keyof Schema> {
  table: T;
  column: Column<T>;
  type: 'bigint' | 'text';
}

/** Rows by a unique key; null where there is none: `select … where "id" = any($1)`. */
export function createRowByKey<T extends keyof Schema>(
  name: string,
  source: LoaderSource,
  { table, column, type }: UniqueKey<T>,
): DataLoader<string, Row<T> | null, unknown> {
  const { database, columns } = source;
  const selected = toColumns(definitions[table], [...columns[table], column]);
  const keyType = sql.raw(type);
  const build = () =>
    sql<Row<T>>`select ${toList(selected)} from ${sql.table(table)}
      where ${sql.id(column)} = any(${param('keys')}::${keyType}[])`;
  return createLoader(name, source, async (keys) => {
    const statement = bind(`${name} ${selected}`, build, { keys });
    const { rows } = await database.run(statement, { name, keys: keys.length });
    return inKeyOrder(keys, rows, (row) => String(row[column as keyof Row<T>]));
  });
}
