interface SemaphoreOptions {
  /** Permits in all. */
  size: number;
  /** Permits that one key may hold. @default size */
  perKey?: number;
  /** Callers that may wait; one more is refused. @default any number */
  maxWaiting?: number;
  /** How long a caller may wait. @default for as long as its signal lets it */
  timeoutMs?: number;
  /** The error if too many wait, or the wait times out. */
  toError: () => Error;
}

/** Leave to use one of the things that a semaphore counts. Releasing it again does nothing. */
export interface Permit extends Disposable {
  release(): void;
}

type Waiter = (permit: Permit) => void;

/**
 * A semaphore. Callers without a key are served first come, first served; callers with keys are served round-robin by
 * key, so that a key with many callers keeps no other waiting for more than one of them. A key never holds more than
 * `perKey` permits, not even of those that are free: a permit cannot be taken back once somebody else needs it.
 */
export class Semaphore {
  readonly #options: SemaphoreOptions;
  #free: number;
  #waiting = 0;
  readonly #held = new Map<string, number>();
  /** The callers that wait, by key; the key that was served last is the last. */
  readonly #lines = new Map<string | undefined, Set<Waiter>>();

  constructor(options: SemaphoreOptions) {
    this.#options = options;
    this.#free = options.size;
  }

  /** How many permits are held. */
  get taken(): number {
    return this.#options.size - this.#free;
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Waits for a permit. The caller releases it.
   * @throws the error of the options, or the signal's reason once that aborts
   */
  async acquire(signal: AbortSignal, key?: string): Promise<Permit> {
    signal.throwIfAborted();
    // A caller that waits while permits are free waits for one of its own key.
    if (this.#isFree(key)) return this.#take(key);
    if (this.#waiting >= (this.#options.maxWaiting ?? Number.POSITIVE_INFINITY)) throw this.#options.toError();
    const permit = await this.#wait(signal, key);
    if (!signal.aborted) return permit;
    permit.release();
    throw signal.reason;
  }

  #wait(signal: AbortSignal, key: string | undefined): Promise<Permit> {
    const { timeoutMs, toError } = this.#options;
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown) => {
        this.#remove(key, serve);
        settle();
        reject(reason);
      };
      const onAbort = () => leave(signal.reason);
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => leave(toError()), timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const serve = (permit: Permit) => {
        settle();
        resolve(permit);
      };
      signal.addEventListener('abort', onAbort);
      const line = this.#lines.get(key) ?? new Set();
      this.#lines.set(key, line.add(serve));
      this.#waiting++;
    });
  }

  #isFree(key: string | undefined): boolean {
    const { size, perKey = size } = this.#options;
    return this.#free > 0 && (key === undefined || (this.#held.get(key) ?? 0) < perKey);
  }

  #take(key: string | undefined): Permit {
    this.#free--;
    if (key !== undefined) this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#giveBack(key);
    };
    return { release, [Symbol.dispose]: release };
  }

  #giveBack(key: string | undefined): void {
    this.#free++;
    if (key !== undefined) {
      const left = (this.#held.get(key) ?? 0) - 1;
      if (left > 0) this.#held.set(key, left);
      else this.#held.delete(key);
    }
    this.#serve();
  }

  #serve(): void {
    // A line that is put at the end is visited again.
    for (const [key, line] of this.#lines) {
      if (this.#free === 0) return;
      const [next] = line;
      if (!next || !this.#isFree(key)) continue;
      this.#remove(key, next);
      if (this.#lines.delete(key)) this.#lines.set(key, line);
      next(this.#take(key));
    }
  }

  #remove(key: string | undefined, waiter: Waiter): void {
    const line = this.#lines.get(key);
    if (!line?.delete(waiter)) return;
    this.#waiting--;
    if (line.size === 0) this.#lines.delete(key);
  }
}
