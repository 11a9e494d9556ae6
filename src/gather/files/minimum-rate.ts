import { GatherError } from '../errors.ts';

/** A sender that sends nothing for this long is cut off. */
const SILENCE_MS = 30_000;
/** Minimum average since the start, once that is longer ago than `SILENCE_MS`. */
const BYTES_PER_SECOND = 1024;

/** Passes bytes through. @throws TOO_SLOW after a pause of 30 seconds, or below a kilobyte per second on average */
export async function* withMinimumRate(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const iterator = bytes[Symbol.asyncIterator]();
  const start = performance.now();
  let sent = 0;
  try {
    while (true) {
      const { done, value } = await unlessSilent(iterator.next());
      if (done) return;
      sent += value.length;
      assertRate(sent, performance.now() - start);
      yield value;
    }
  } finally {
    // Not awaited: a stalled source would return only after its next chunk.
    void iterator.return?.().catch(() => {});
  }
}

async function unlessSilent<T>(next: Promise<T>): Promise<T> {
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow()), SILENCE_MS);
  try {
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function assertRate(bytes: number, ms: number): void {
  if (ms > SILENCE_MS && bytes < (ms / 1000) * BYTES_PER_SECOND) throw tooSlow();
}

function tooSlow(): GatherError {
  return new GatherError(
    'TOO_SLOW',
    `Expected ${BYTES_PER_SECOND} bytes per second and no pause of ${SILENCE_MS / 1000} seconds, got less.`,
    { retryable: true },
  );
}
