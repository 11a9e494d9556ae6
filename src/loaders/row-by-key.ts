import type DataLoader from 'dataloader';
import type { Column } from '../database/order.ts';
import { readRowsByKey } from '../database/rows-by-key.ts';
import type { Schema } from '../database/schema.ts';
import type { Row, TableDefinition } from '../database/table-definition.ts';
import { createLoader, inKeyOrder, type LoaderSource } from './batch.ts';

/** Rows by a unique column; null where there is none. Rows that the request has read already are not read again. */
export function createRowByKey<T extends keyof Schema>(
  name: string,
  source: LoaderSource,
  definition: TableDefinition<T>,
  column: Column<T>,
): DataLoader<string, Row<T> | null, unknown> {
  const { database, columns, known } = source;
  const table = definition.name;
  const loader = createLoader(name, source, async (keys: readonly string[]) => {
    const rows = await readRowsByKey(database, name, { definition, column }, columns[table], keys);
    known.add(table, rows);
    return inKeyOrder(keys, rows, (row) => String(row[column as keyof Row<T>]));
  });
  known.register(table, { column, loader });
  return loader;
}
