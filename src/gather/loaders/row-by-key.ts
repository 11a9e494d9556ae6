import type DataLoader from 'dataloader';
import type { Key, KeyValue } from '../database/key.ts';
import { readRowsByKeyText } from '../database/rows-by-key.ts';
import type { Schema } from '../database/schema.ts';
import type { Row, TableDefinition } from '../database/table-definition.ts';
import { GatherError } from '../errors.ts';
import { createLoader, type LoaderSource } from './batch.ts';

/**
 * A loader of rows by a unique key: the value of its column, or the text of its columns. NOT_FOUND for a key without a row.
 * Rows that the request has read are not read again.
 */
export function createRowByKey<T extends keyof Schema>(
  name: string,
  source: LoaderSource,
  definition: TableDefinition<T>,
  key: Key,
): DataLoader<KeyValue, Row<T>, unknown> {
  const { database, columns, known } = source;
  const table = definition.name;
  const load = async (keys: readonly KeyValue[]) => {
    const rows = await readRowsByKeyText(database, name, { definition, key }, columns[table], keys);
    known.add(table, rows);
    const byKey = known.by(table, key);
    return keys.map(
      (text) =>
        byKey.get(String(text)) ??
        new GatherError('NOT_FOUND', `There is no ${definition.table} with this ${key.columns.join(' and ')}.`),
    );
  };
  return createLoader<KeyValue, Row<T>>(name, source, load, {
    toCacheKey: String,
    cacheMap: known.cacheOf(table, key),
  });
}
