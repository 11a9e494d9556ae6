import type { Readable } from 'node:stream';

/** The stream, which is destroyed with the reason of the signal when that aborts. */
export function destroyOnAbort(signal: AbortSignal, stream: Readable): Readable {
  const onAbort = () => stream.destroy(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', onAbort));
  if (signal.aborted) onAbort();
  return stream;
}
