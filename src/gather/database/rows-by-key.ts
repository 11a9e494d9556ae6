import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { Column } from './order.ts';
import type { Schema } from './schema.ts';
import { param } from './statement.ts';
import { bind, type Row, shapeOfTable, type TableDefinition, tableOf, toColumns, toList } from './table-definition.ts';

/**
 * Reads rows by the values of a column, in no order, and that column too:
 * `select … from "book" where "isbn" = any($1::text[])`.
 */
export async function readRowsByKey<T extends keyof Schema>(
  database: Database,
  name: string,
  { definition, column }: { definition: TableDefinition<T>; column: Column<T> },
  columns: readonly Column<T>[],
  keys: readonly string[],
): Promise<Row<T>[]> {
  const selected = toColumns(definition, [...columns, column]);
  const type = sql.raw(definition.types[column]);
  const statement = bind(
    `${name} ${shapeOfTable(definition)}(${selected})`,
    () => sql<Row<T>>`
      select ${toList(selected)} from ${tableOf(definition)}
      where ${sql.id(column)} = any(${param('keys')}::${type}[])`,
    // No row has a key with a NUL character, and PostgreSQL would refuse all keys because of it.
    { keys: keys.filter((key) => !key.includes('\0')) },
  );
  return (await database.run(statement, { name, keys: keys.length })).rows;
}
