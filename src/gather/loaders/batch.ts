import DataLoader, { type CacheMap } from 'dataloader';
import type { Columns } from '../database/columns.ts';
import type { Brought, Database } from '../database/database.ts';
import { loads } from '../monitoring/channels.ts';
import type { Services } from '../services/services.ts';
import { createObservedLoader } from './observed-loader.ts';
import type { RowCache } from './row-cache.ts';
import type { Schedule } from './schedule.ts';

/** The dependencies of a request's loaders. */
export interface LoaderSource {
  database: Database;
  services: Services;
  /** The columns of each table that the operation reads. */
  columns: Columns;
  schedule: Schedule;
  /** The rows that the request has read. A batch function adds those that it reads. */
  known: RowCache;
}

interface LoaderOptions<Key, Value> {
  /** Converts a key to text that is the same for equal keys. @default the key, a primitive */
  toCacheKey?: (key: Key) => string;
  /** What its batches bring. @default not known */
  rows?: Brought;
  /** @default an empty map */
  cacheMap?: CacheMap<string, Promise<Value>>;
}

/**
 * Creates a loader whose batches are dispatched by the request's schedule.
 * @param load returns one result per key, in key order; a key that fails has its own `Error`
 */
export function createLoader<Key, Value>(
  name: string,
  { schedule }: LoaderSource,
  load: (keys: readonly Key[]) => Promise<(Value | Error)[]>,
  { toCacheKey, rows, cacheMap }: LoaderOptions<Key, Value> = {},
): DataLoader<Key, Value, unknown> {
  const options = {
    name,
    batchScheduleFn: (dispatch: () => void) => schedule({ loader: name, rows }, dispatch),
    ...(toCacheKey && { cacheKeyFn: toCacheKey }),
    ...(cacheMap && { cacheMap }),
  };
  return loads.hasSubscribers
    ? createObservedLoader(load, options)
    : new DataLoader<Key, Value, unknown>(load, options);
}

/** Sorts found values into key order; null for a key without one. */
export function inKeyOrder<Key, Value>(
  keys: readonly Key[],
  found: readonly Value[],
  keyOf: (value: Value) => Key,
): (Value | null)[] {
  const byKey = new Map(found.map((value) => [keyOf(value), value]));
  return keys.map((key) => byKey.get(key) ?? null);
}
