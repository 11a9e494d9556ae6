import { channel } from 'node:diagnostics_channel';
import { GatherError } from './errors.ts';

/** One trip to a source, as listeners of {@link calls} see it once it is over. */
export interface Call {
  kind: 'postgres' | 'http' | 'disk';
  /** What was asked: a loader's name, `book.count`, `ratings.getRatings`. */
  name: string;
  /** How many keys went along; 1 where the call is not a batch. */
  keys: number;
  /** The signal of the request or job that the call was made for: its identity too. */
  signal: AbortSignal;
  /** `performance.now()` at the start. */
  start: number;
  /** Milliseconds. */
  duration: number;
  outcome: 'ok' | 'timeout' | 'cancelled' | 'error';
}

/** Where a {@link Call} is published when it ends. Subscribe with `calls.subscribe`. */
export const calls = channel('gather:call');

/** The description of a call before it is made. */
export type CallDescription = Pick<Call, 'kind' | 'name' | 'keys' | 'signal'>;

/**
 * Makes one call to a source and measures it. The promise settles as soon as the signal aborts, with its reason,
 * even if the source goes on; `trip` stops the source, by listening to the same signal.
 */
export async function call<T>(description: CallDescription, trip: () => Promise<T>): Promise<T> {
  description.signal.throwIfAborted();
  if (!calls.hasSubscribers) return untilAborted(description.signal, trip());
  const start = performance.now();
  let outcome: Call['outcome'] = 'ok';
  try {
    return await untilAborted(description.signal, trip());
  } catch (error) {
    outcome = toOutcome(error);
    throw error;
  } finally {
    publishCall(description, start, outcome);
  }
}

/** Publishes a call that cannot be wrapped in one promise, such as a cursor read piece by piece. */
export function publishCall(description: CallDescription, start: number, outcome: Call['outcome']): void {
  if (!calls.hasSubscribers) return;
  calls.publish({ ...description, start, duration: performance.now() - start, outcome } satisfies Call);
}

/** How a call that threw this error ended. */
export function toOutcome(error: unknown): Call['outcome'] {
  if (!(error instanceof GatherError)) return 'error';
  if (error.code === 'CANCELLED' || error.code === 'DEADLINE_EXCEEDED') return 'cancelled';
  return error.code.endsWith('_TIMEOUT') ? 'timeout' : 'error';
}

/** Settles as the promise does, or rejects with the signal's reason as soon as that aborts. */
export function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
