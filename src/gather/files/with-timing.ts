import { type Call, publishCall, toOutcome } from '../calls.ts';
import { type ErrorCode, GatherError } from '../errors.ts';
import type { Outage } from '../monitoring/outage.ts';
import type { Store } from './store.ts';

/** Failures of the store itself, as opposed to those of a request. */
const FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
  'FILE_UNREADABLE',
  'STORAGE_FULL',
]);

/**
 * Wraps a store so that each of its operations is published as a call, and its outages are logged. `append` includes
 * waiting for the bytes.
 */
export function withTiming(kind: Call['kind'], store: Store, outage?: Outage): Store {
  async function measure<T>(action: string, signal: AbortSignal, trip: () => Promise<T>): Promise<T> {
    const description = { kind, name: `files.${action}`, keys: 1, signal };
    const start = performance.now();
    let outcome: Call['outcome'] = 'ok';
    try {
      const result = await trip();
      outage?.answered();
      return result;
    } catch (error) {
      if (error instanceof GatherError && FAILURES.has(error.code)) outage?.failed(error);
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
