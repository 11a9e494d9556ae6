import type { Id } from '../database/column-types.ts';
import type { TableName } from '../database/schema.ts';
import { GatherError } from '../errors.ts';
import type { Loaders } from '../loaders/index.ts';

/** The rows to find. */
interface Wanted {
  table: TableName;
  /** The unique column of the keys. */
  key: string;
  /** Whether a key without a row gives null, and not an error. */
  isNullable: boolean;
}

/** Loads the row with this key; null if there is none. */
export async function findRow<Row>(loader: { load(key: string): Promise<Row> }, key: string): Promise<Row | null> {
  try {
    return await loader.load(key);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/**
 * Finds the rows with these keys: null for a null key, an error for one that cannot be loaded. Loads those that the request
 * has not read in one batch.
 */
export function findRows(
  loaders: Loaders,
  { table, key, isNullable }: Wanted,
  ids: readonly (Id | null)[],
): readonly unknown[] | Promise<readonly unknown[]> {
  const missing = new Set<Id>();
  for (const id of ids) if (id !== null && !loaders.known.find(table, key, id)) missing.add(id);
  const rows = () => ids.map((id) => (id === null ? null : loaders.known.find(table, key, id)));
  return missing.size === 0 ? rows() : loadMissing(loaders.rowsBy(table, key), ids, [...missing], rows, isNullable);
}

async function loadMissing(
  loader: { load(key: string): Promise<unknown> },
  ids: readonly (Id | null)[],
  missing: readonly Id[],
  rows: () => readonly unknown[],
  isNullable: boolean,
): Promise<readonly unknown[]> {
  const loads = missing.map((id) => loader.load(id));
  try {
    await Promise.all(loads);
    return rows();
  } catch {
    const failures = await failuresOf(missing, loads);
    const isMissing = (error: unknown) => isNullable && isNotFound(error);
    return rows().map((row, index) => {
      const failure = failures.get(ids[index] as Id);
      return row ?? (failure === undefined || isMissing(failure) ? null : failure);
    });
  }
}

async function failuresOf(ids: readonly Id[], loads: readonly Promise<unknown>[]): Promise<Map<Id, unknown>> {
  const failures = new Map<Id, unknown>();
  const results = await Promise.allSettled(loads);
  results.forEach((result, index) => {
    if (result.status === 'rejected') failures.set(ids[index] as Id, result.reason);
  });
  return failures;
}

function isNotFound(error: unknown): boolean {
  return error instanceof GatherError && error.code === 'NOT_FOUND';
}
