import type { Key } from '../database/key.ts';
import { readRowsByKeyText } from '../database/rows-by-key.ts';
import type { Schema } from '../database/schema.ts';
import type { Row, TableDefinition } from '../database/table-definition.ts';
import { GatherError } from '../errors.ts';
import type { LoaderSource } from './batch.ts';
import { rowLoaderName } from './leads.ts';
import { RowLoader } from './row-loader.ts';

/** A loader of a table's rows by the texts of a unique key. NOT_FOUND for a key without a row. */
export function createRowByKey<T extends keyof Schema>(
  name: string,
  { database, columns, known, schedule }: LoaderSource,
  definition: TableDefinition<T>,
  key: Key,
): RowLoader<Row<T>> {
  const table = definition.name;
  const message = `There is no ${definition.table} with this ${key.columns.join(' and ')}.`;
  return new RowLoader<Row<T>>({
    name,
    batch: { loader: rowLoaderName(table, key.columns), rows: table },
    schedule,
    known: () => known.by(table, key),
    read: async (texts) => {
      known.add(table, await readRowsByKeyText(database, name, { definition, key }, columns[table], texts));
    },
    forget: (text) => known.forget(table, key, text),
    notFound: () => new GatherError('NOT_FOUND', message),
  });
}
