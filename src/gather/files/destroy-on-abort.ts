import type { Readable } from 'node:stream';

/** Destroys a stream with the signal's reason when it aborts. @returns the stream */
export function destroyOnAbort(signal: AbortSignal, stream: Readable): Readable {
  const onAbort = () => stream.destroy(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', onAbort));
  if (signal.aborted) onAbort();
  return stream;
}
