import DataLoader from 'dataloader';
import { batches, loads } from '../monitoring/channels.ts';

/** Creates a loader that publishes its loads and batches. */
export function createObservedLoader<Key, Value>(
  load: (keys: readonly Key[]) => Promise<(Value | Error)[]>,
  options: DataLoader.Options<Key, Value, unknown> & { name: string },
): DataLoader<Key, Value, unknown> {
  const { name: loader } = options;
  const cache = new Map<unknown, Promise<Value>>();
  const inBatch = (keys: readonly Key[]) =>
    batches.tracePromise(() => load(keys), { loader, keys: keys.length, cache });
  const observed = new DataLoader<Key, Value, unknown>(inBatch, { ...options, cacheMap: cache });
  const loadOne = observed.load.bind(observed);
  observed.load = (key) => {
    const { size } = cache;
    const value = loadOne(key);
    loads.publish({ loader, isHit: cache.size === size, cache });
    return value;
  };
  return observed;
}
