import type { Column } from '../database/order.ts';
import { readRowsByKey } from '../database/rows-by-key.ts';
import type { Schema } from '../database/schema.ts';
import type { Row, TableDefinition } from '../database/table-definition.ts';
import { GatherError } from '../errors.ts';
import type { LoaderSource } from './batch.ts';
import { RowLoader } from './row-loader.ts';

/** A loader of a table's rows by a unique column. NOT_FOUND for a key without a row. */
export function createRowByKey<T extends keyof Schema>(
  name: string,
  { database, columns, known, schedule }: LoaderSource,
  definition: TableDefinition<T>,
  column: Column<T>,
): RowLoader<Row<T>> {
  const table = definition.name;
  return new RowLoader<Row<T>>({
    name,
    schedule,
    known: () => known.by(table, column),
    read: async (keys) => {
      known.add(table, await readRowsByKey(database, name, { definition, column }, columns[table], keys));
    },
    forget: (key) => known.forget(table, column, key),
    notFound: () => new GatherError('NOT_FOUND', `There is no ${definition.table} with this ${column}.`),
  });
}
