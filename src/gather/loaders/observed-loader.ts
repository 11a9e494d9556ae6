import DataLoader from 'dataloader';
import { batches, loads } from '../monitoring/channels.ts';

/** Creates a loader that publishes its loads and batches. */
export function createObservedLoader<Key, Value>(
  load: (keys: readonly Key[]) => Promise<(Value | Error)[]>,
  options: DataLoader.Options<Key, Value, unknown> & { name: string },
): DataLoader<Key, Value, unknown> {
  const { name, cacheKeyFn } = options;
  const cache = options.cacheMap ?? new Map<unknown, Promise<Value>>();
  const inBatch = (keys: readonly Key[]) =>
    batches.tracePromise(() => load(keys), { loader: name, keys: keys.length, cache });
  const loader = new DataLoader<Key, Value, unknown>(inBatch, { ...options, cacheMap: cache });
  observeLoads(loader, { name, cache, id: cache, ...(cacheKeyFn && { toCacheKey: cacheKeyFn }) });
  return loader;
}

interface Observed<Key, Value> {
  name: string;
  cache: DataLoader.CacheMap<unknown, Promise<Value>>;
  /** Identifies the loader. */
  id: object;
  toCacheKey?: (key: Key) => unknown;
}

/** Publishes the loads of a loader. */
export function observeLoads<Key, Value>(
  loader: DataLoader<Key, Value, unknown>,
  { name, cache, id, toCacheKey = (key) => key }: Observed<Key, Value>,
): void {
  const loadOne = loader.load.bind(loader);
  loader.load = (key) => {
    const isHit = cache.get(toCacheKey(key)) !== undefined;
    const value = loadOne(key);
    loads.publish({ loader: name, isHit, cache: id });
    return value;
  };
}
