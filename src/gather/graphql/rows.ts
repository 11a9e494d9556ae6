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
 * Finds the rows with the texts of these keys: null for a null key, an error for one that cannot be loaded. Loads those that the request
 * has not read in one batch.
 */
export function findRows(
  loaders: Loaders,
  { table, key, isNullable }: Wanted,
  ids: readonly (string | null)[],
): readonly unknown[] | Promise<readonly unknown[]> {
  const known = loaders.known.by(table, key);
  const missing = new Set<string>();
  for (const id of ids) if (id !== null && !known.has(id)) missing.add(id);
  if (missing.size === 0) return ids.map((id) => (id === null ? null : known.get(id)));
  return load(loaders.rowsBy(table, key.columns), [...missing], isNullable).then((loaded) => {
    const read = loaders.known.by(table, key);
    return ids.map((id) => (id === null ? null : (loaded.get(id) ?? read.get(id) ?? null)));
  });
}

/** The rows with these keys, or their errors; neither for a key without a row, if `isNullable`. */
async function load(
  loader: { load(key: string): Promise<unknown> },
  ids: readonly string[],
  isNullable: boolean,
): Promise<ReadonlyMap<string, unknown>> {
  const loads = ids.map((id) => loader.load(id));
  const found = new Map<string, unknown>();
  try {
    const rows = await Promise.all(loads);
    rows.forEach((row, index) => {
      found.set(ids[index] as string, row);
    });
  } catch {
    const results = await Promise.allSettled(loads);
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') found.set(ids[index] as string, result.value);
      else if (!isNullable || !isNotFound(result.reason)) found.set(ids[index] as string, result.reason);
    });
  }
  return found;
}

function isNotFound(error: unknown): boolean {
  return error instanceof GatherError && error.code === 'NOT_FOUND';
}
