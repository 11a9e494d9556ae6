import type DataLoader from 'dataloader';
import type { Column } from '../database/order.ts';
import { readRowsByKey } from '../database/rows-by-key.ts';
import type { Schema } from '../database/schema.ts';
import type { Row, TableDefinition } from '../database/table-definition.ts';
import { GatherError } from '../errors.ts';
import { createLoader, type LoaderSource } from './batch.ts';

/**
 * A loader of rows by a unique column. NOT_FOUND for a key without a row. Rows that the request has read are not read again.
 */
export function createRowByKey<T extends keyof Schema>(
  name: string,
  source: LoaderSource,
  definition: TableDefinition<T>,
  column: Column<T>,
): DataLoader<string, Row<T>, unknown> {
  const { database, columns, known } = source;
  const table = definition.name;
  const load = async (keys: readonly string[]) => {
    const rows = await readRowsByKey(database, name, { definition, column }, columns[table], keys);
    known.add(table, rows);
    const byKey = known.by(table, column);
    return keys.map(
      (key) => byKey.get(key) ?? new GatherError('NOT_FOUND', `There is no ${definition.table} with this ${column}.`),
    );
  };
  return createLoader<string, Row<T>>(name, source, load, { cacheMap: known.cacheOf(table, column) });
}
