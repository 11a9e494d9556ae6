import DataLoader from 'dataloader';

/**
 * Creates a loader that has one batch under way at a time; keys that are asked for meanwhile form the next one. A lone key
 * leaves at once, and batches grow with the load. Nothing is cached.
 * @param load returns one result per key, in key order; a key that fails has its own `Error`
 * @param pause calls its argument when the next batch may leave. @default at the end of the turn of the event loop
 */
export function createTurns<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly (Value | Error)[]>,
  pause: (dispatch: () => void) => void = setImmediate,
): DataLoader<Key, Value> {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (keys: readonly Key[]) => {
    const loading = load(keys);
    last = loading.catch(() => {});
    return loading;
  };
  return new DataLoader<Key, Value>(inTurn, {
    cache: false,
    batchScheduleFn: (dispatch) => void last.then(() => pause(dispatch)),
  });
}
