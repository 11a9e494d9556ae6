import DataLoader from 'dataloader';
import type { Columns } from '../database/columns.ts';
import type { Database } from '../database/database.ts';
import type { Schema } from '../database/schema.ts';
import type { Services } from '../services/define-service.ts';
import type { RowCache } from './row-cache.ts';
import type { Schedule } from './schedule.ts';

/** What a loader of one request works with. */
export interface LoaderSource {
  database: Database;
  services: Services;
  /** The columns of each table that the operation reads. */
  columns: Columns;
  schedule: Schedule;
  known: RowCache;
  /** See `Loaders`. */
  preloadReferences: (table: keyof Schema, rows: readonly object[]) => Promise<void>;
}

interface LoaderOptions<Key> {
  /** What makes two keys the same, where they are not plain values. */
  toCacheKey?: (key: Key) => string;
}

/**
 * A loader whose batches leave when the request's schedule says so.
 * @param load gives one result for each key, in the order of the keys; an `Error` in the place of a key is that key's
 */
export function createLoader<Key, Value>(
  name: string,
  { schedule }: LoaderSource,
  load: (keys: readonly Key[]) => Promise<(Value | Error)[]>,
  { toCacheKey }: LoaderOptions<Key> = {},
): DataLoader<Key, Value, unknown> {
  return new DataLoader<Key, Value, unknown>(load, {
    name,
    batchScheduleFn: schedule,
    ...(toCacheKey && { cacheKeyFn: toCacheKey }),
  });
}

/** Puts what was found into the order of the keys; null where nothing was. */
export function inKeyOrder<Key, Value>(
  keys: readonly Key[],
  found: readonly Value[],
  keyOf: (value: Value) => Key,
): (Value | null)[] {
  const byKey = new Map(found.map((value) => [keyOf(value), value]));
  return keys.map((key) => byKey.get(key) ?? null);
}
