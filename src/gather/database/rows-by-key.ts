import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isHeld, toHeldArray } from './held.ts';
import { fromKeyText, type Key, type KeyValue } from './key.ts';
import type { Column } from './order.ts';
import type { Schema } from './schema.ts';
import { param } from './statement.ts';
import { bind, type Row, shapeOfTable, type TableDefinition, tableOf, toColumns, toList } from './table-definition.ts';

/**
 * Reads rows by the values of a column, in no order, and that column too. A value that the column cannot hold has no rows.
 *
 * ```sql
 * select … from "book" where "isbn" = any($1::text[])
 * ```
 */
export async function readRowsByKey<T extends keyof Schema>(
  database: Database,
  name: string,
  { definition, column }: { definition: TableDefinition<T>; column: Column<T> },
  columns: readonly Column<T>[],
  keys: readonly KeyValue[],
): Promise<Row<T>[]> {
  const selected = toColumns(definition, [...columns, column]);
  const type = definition.types[column];
  const statement = bind(
    `${name} ${shapeOfTable(definition)}(${selected})`,
    () => sql<Row<T>>`
      select ${toList(selected)} from ${tableOf(definition)}
      where ${sql.id(column)} = any(${param('keys')}::${sql.raw(type)}[])`,
    { keys: toHeldArray(type, keys) },
  );
  return (await database.run(statement, { name, keys: keys.length, rows: definition.name })).rows;
}

/**
 * Reads rows by the texts of a unique key, in no order, and its columns too. A text that is no such key has no row. The
 * statement is that of `readRowsByKey`; for a key of several columns it has one array for each:
 *
 * ```sql
 * select … from "loan" where ("bookId", "memberId") in (select * from unnest($1::bigint[], $2::integer[]))
 * ```
 */
export function readRowsByKeyText<T extends keyof Schema>(
  database: Database,
  name: string,
  { definition, key }: { definition: TableDefinition<T>; key: Key },
  columns: readonly Column<T>[],
  texts: readonly KeyValue[],
): Promise<Row<T>[]> {
  const keyColumns = key.columns as readonly Column<T>[];
  const [column] = keyColumns;
  if (column && keyColumns.length === 1) {
    return readRowsByKey(database, name, { definition, column }, columns, texts);
  }
  const types = keyColumns.map((it) => definition.types[it]);
  const found = texts.map((text) => fromKeyText(String(text), types.length));
  const possible = found.filter((values) => values?.every((value, index) => isHeld(types[index] ?? '', value)));
  const selected = toColumns(definition, [...columns, ...keyColumns]);
  const statement = bind(
    `${name} ${shapeOfTable(definition)}(${selected})`,
    () => {
      const arrays = types.map((type, index) => sql`${param('keys', index)}::${sql.raw(type)}[]`);
      return sql<Row<T>>`
        select ${toList(selected)} from ${tableOf(definition)}
        where (${toList(keyColumns)}) in (select * from unnest(${sql.join(arrays)}))`;
    },
    { keys: types.map((_, index) => possible.map((values) => values?.[index])) },
  );
  return database.run(statement, { name, keys: texts.length, rows: definition.name }).then(({ rows }) => rows);
}
