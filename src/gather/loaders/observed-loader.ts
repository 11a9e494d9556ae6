import DataLoader from 'dataloader';
import { batches, loads } from '../monitoring/channels.ts';

/** Creates a loader that publishes its loads and batches. */
export function createObservedLoader<Key, Value>(
  load: (keys: readonly Key[]) => Promise<(Value | Error)[]>,
  options: DataLoader.Options<Key, Value, unknown> & { name: string },
): DataLoader<Key, Value, unknown> {
  const { name: loader, cacheKeyFn: toCacheKey = (key: Key): unknown => key } = options;
  const cache = options.cacheMap ?? new Map<unknown, Promise<Value>>();
  const inBatch = (keys: readonly Key[]) =>
    batches.tracePromise(() => load(keys), { loader, keys: keys.length, cache });
  const observed = new DataLoader<Key, Value, unknown>(inBatch, { ...options, cacheMap: cache });
  const loadOne = observed.load.bind(observed);
  observed.load = (key) => {
    const isHit = cache.get(toCacheKey(key)) !== undefined;
    const value = loadOne(key);
    loads.publish({ loader, isHit, cache });
    return value;
  };
  return observed;
}
