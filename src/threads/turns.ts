import { untilAborted } from '../calls.ts';
import { GatherError } from '../errors.ts';

/** So many may have a turn at once, so many more may wait for theirs: first come, first served. */
export class Turns {
  readonly #maxWaiting: number;
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(size: number, maxWaiting: number) {
    this.#free = size;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Waits for a turn. Whoever has one gives it back with `release()`.
   * @throws BUSY where too many wait already; the signal's reason once that aborts
   */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    if (this.#waiting.size >= this.#maxWaiting) throw tooMany(this.#maxWaiting);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    try {
      await untilAborted(signal, promise);
    } catch (reason) {
      // The turn may have come at the same moment.
      if (!this.#waiting.delete(resolve)) this.release();
      throw reason;
    }
  }

  /** Gives a turn back, or hands it to the next who waits. */
  release(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

function tooMany(maxWaiting: number): GatherError {
  const message = `Every thread is busy, and ${maxWaiting} others wait already; expected fewer. Try again later.`;
  return new GatherError('BUSY', message, { retryable: true });
}
