import type { Key, KeyValue } from '../database/key.ts';
import type { TableName } from '../database/schema.ts';
import { GatherError } from '../errors.ts';
import type { Loaders } from '../loaders/index.ts';

/** The rows to find. */
interface Wanted {
  table: TableName;
  /** The unique key. */
  key: Key;
  /** Whether a key without a row gives null, and not an error. */
  isNullable: boolean;
}

/** Loads the row with this key; null if there is none. */
export async function findRow<Row>(loader: { load(key: KeyValue): Promise<Row> }, key: KeyValue): Promise<Row | null> {
  try {
    return await loader.load(key);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/**
 * Finds the rows with these texts of a key: null for a null key, an error for one that cannot be loaded. Loads those that the request
 * has not read in one batch.
 */
export function findRows(
  loaders: Pick<Loaders, 'rowsBy'>,
  { table, key, isNullable }: Wanted,
  ids: readonly (string | null)[],
): readonly unknown[] | Promise<readonly unknown[]> {
  const rows = loaders.rowsBy(table, key.columns);
  const find = () => {
    const found = rows.find(ids);
    return isNullable ? found.map((it) => (isNotFound(it) ? null : it)) : found;
  };
  const loaded = rows.load(ids);
  return loaded ? loaded.then(find) : find();
}

function isNotFound(error: unknown): boolean {
  return error instanceof GatherError && error.code === 'NOT_FOUND';
}
