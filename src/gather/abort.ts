import { AttachedProperty } from './attached-property.ts';

type Callback = (reason: unknown) => void;

const callbacksOf = new AttachedProperty<AbortSignal, Set<Callback>>();

/**
 * Calls back with the signal's reason once it aborts, or at once if it has. All callbacks share one listener: adding and
 * removing listeners would cost an operation more than its calls do.
 * @returns stops listening; false if the callback was called before
 */
export function onAbort(signal: AbortSignal, callback: Callback): () => boolean {
  if (signal.aborted) {
    callback(signal.reason);
    return () => false;
  }
  const callbacks = callbacksOf.get(signal) ?? listen(signal);
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

/** Settles like the promise, or rejects with the signal's reason as soon as the signal aborts. */
export function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stopListening = onAbort(signal, reject);
    promise.then(
      (value) => stopListening() && resolve(value),
      (error) => stopListening() && reject(error),
    );
  });
}

function listen(signal: AbortSignal): Set<Callback> {
  const callbacks = new Set<Callback>();
  callbacksOf.set(signal, callbacks);
  const abort = () => {
    for (const callback of callbacks) {
      callbacks.delete(callback);
      callback(signal.reason);
    }
  };
  signal.addEventListener('abort', abort, { once: true });
  return callbacks;
}
