import { type Call, publishCall, toOutcome } from '../calls.ts';
import type { Store } from './store.ts';

/** Wraps a store so that each of its operations is published as a call. `append` includes waiting for the bytes. */
export function withTiming(kind: Call['kind'], store: Store): Store {
  async function measure<T>(action: string, signal: AbortSignal, trip: () => Promise<T>): Promise<T> {
    const description = { kind, name: `files.${action}`, keys: 1, signal };
    const start = performance.now();
    let outcome: Call['outcome'] = 'ok';
    try {
      return await trip();
    } catch (error) {
      outcome = signal.aborted ? 'cancelled' : toOutcome(error);
      throw error;
    } finally {
      publishCall(description, start, outcome);
    }
  }

  return {
    ...store,
    append: (key, offset, bytes, signal) => measure('append', signal, () => store.append(key, offset, bytes, signal)),
    keptBytes: (key) => measure('keptBytes', neverAborted(), () => store.keptBytes(key)),
    complete: (key) => measure('complete', neverAborted(), () => store.complete(key)),
    read: (key, signal, range) => measure('read', signal, () => store.read(key, signal, range)),
    remove: (key) => measure('remove', neverAborted(), () => store.remove(key)),
  };
}

/** A signal that never aborts: these calls outlive the request. */
function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
