import { GatherError } from '../errors.ts';

/** A sender that is silent for so long is cut off. */
const SILENCE_MS = 30_000;
/** Over the whole of what was sent, once it has taken longer than the silence. */
const BYTES_PER_SECOND = 1024;

/** Bytes as they come, as long as they come fast enough: no silence of 30 seconds, and a kilobyte a second on average. */
export async function* withMinimumRate(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const iterator = bytes[Symbol.asyncIterator]();
  const start = performance.now();
  let sent = 0;
  try {
    while (true) {
      const { done, value } = await soon(iterator.next());
      if (done) return;
      sent += value.length;
      assertPace(sent, performance.now() - start);
      yield value;
    }
  } finally {
    // Not awaited: a source that is silent would answer only when it speaks again.
    void iterator.return?.().catch(() => {});
  }
}

async function soon<T>(next: Promise<T>): Promise<T> {
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow()), SILENCE_MS);
  try {
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function assertPace(bytes: number, ms: number): void {
  if (ms > SILENCE_MS && bytes < (ms / 1000) * BYTES_PER_SECOND) throw tooSlow();
}

function tooSlow(): GatherError {
  return new GatherError(
    'TOO_SLOW',
    `Expected ${BYTES_PER_SECOND} bytes a second, and no silence of ${SILENCE_MS / 1000} seconds; got less.`,
    { retryable: true },
  );
}
