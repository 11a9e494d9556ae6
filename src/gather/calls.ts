import { channel } from 'node:diagnostics_channel';
import { onAbort, untilAborted } from './abort.ts';
import { GatherError } from './errors.ts';

/** One trip to a source, as listeners of `calls` see it once it is over. */
export interface Call {
  kind: 'postgres' | 'http' | 'disk';
  /** Of an HTTP request. Absent for an operation on the bucket of files, which may be any number of requests. */
  method?: string;
  /** What was called: a loader's name, `book.count`, `ratings.getRatings`. */
  name: string;
  /** Number of keys in the batch; 1 for a call without a batch. */
  keys: number;
  /** The signal of the request or job that made the call; it also identifies that. */
  signal: AbortSignal;
  /** `performance.now()` at the start. */
  start: number;
  /** Milliseconds. */
  duration: number;
  outcome: 'ok' | 'timeout' | 'cancelled' | 'error';
}

/** The channel on which every {@link Call} is published when it ends. Subscribe with `calls.subscribe`. */
export const calls = channel('gather:call');

/** The description of a call before it is made. */
export type CallDescription = Pick<Call, 'kind' | 'method' | 'name' | 'keys' | 'signal'>;

/**
 * Makes one call to a source and measures it. When the signal aborts, the promise rejects at once with its reason, even
 * if the source goes on; `trip` must stop the source by listening to the same signal.
 */
export function call<T>(description: CallDescription, trip: () => Promise<T>): Promise<T> {
  const { signal } = description;
  if (signal.aborted) return Promise.reject(signal.reason);
  if (!calls.hasSubscribers) return untilAborted(signal, trip());
  const start = performance.now();
  const running = trip();
  return new Promise<T>((resolve, reject) => {
    const fail = (error: unknown) => {
      publishCall(description, start, toOutcome(error));
      reject(error);
    };
    const stopListening = onAbort(signal, fail);
    running.then(
      (value) => {
        if (!stopListening()) return;
        publishCall(description, start, 'ok');
        resolve(value);
      },
      (error) => stopListening() && fail(error),
    );
  });
}

/** Publishes a call that does not fit into one promise, such as a cursor read page by page. */
export function publishCall(description: CallDescription, start: number, outcome: Call['outcome']): void {
  if (!calls.hasSubscribers) return;
  calls.publish({ ...description, start, duration: performance.now() - start, outcome } satisfies Call);
}

/** The outcome of a call that threw this error. */
export function toOutcome(error: unknown): Call['outcome'] {
  if (!(error instanceof GatherError)) return 'error';
  if (error.code === 'CANCELLED' || error.code === 'DEADLINE_EXCEEDED') return 'cancelled';
  return error.code.endsWith('_TIMEOUT') ? 'timeout' : 'error';
}
