import { onAbort } from '../abort.ts';

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

/** A permit of a semaphore. Releasing it twice does nothing. */
export interface Permit extends Disposable {
  release(): void;
}

type Waiter = (permit: Permit) => void;

/**
 * A fair semaphore. Callers wait in a queue per key, which are served round-robin, so that a key with many callers does not
 * delay other keys. A key never holds more than `perKey` permits, even if others are free: a permit cannot be revoked when
 * another key needs it.
 */
export class Semaphore {
  readonly #options: SemaphoreOptions;
  #free: number;
  #waiting = 0;
  readonly #held = new Map<string, number>();
  /** The waiting callers by key; the key that was served last comes last. */
  readonly #queues = new Map<string | undefined, Set<Waiter>>();

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

  /** How many keys wait, callers without a key as one. */
  get waitingKeys(): number {
    return this.#queues.size;
  }

  /** Takes a permit if one is free. The caller releases it. */
  tryAcquire(key?: string): Permit | undefined {
    // Waiting callers have no claim to a free permit: they wait for one of their own key.
    return this.#isFree(key) ? this.#take(key) : undefined;
  }

  /**
   * Waits for a permit. The caller releases it.
   * @throws the error of the options, or the signal's reason once that aborts
   */
  async acquire(signal: AbortSignal, key?: string): Promise<Permit> {
    signal.throwIfAborted();
    const free = this.tryAcquire(key);
    if (free) return free;
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
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => leave(toError()), timeoutMs);
      const stopListening = onAbort(signal, leave);
      const settle = () => {
        clearTimeout(timer);
        stopListening();
      };
      const serve = (permit: Permit) => {
        settle();
        resolve(permit);
      };
      const queue = this.#queues.get(key) ?? new Set();
      this.#queues.set(key, queue.add(serve));
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
      this.#release(key);
    };
    return { release, [Symbol.dispose]: release };
  }

  #release(key: string | undefined): void {
    this.#free++;
    if (key !== undefined) {
      const left = (this.#held.get(key) ?? 0) - 1;
      if (left > 0) this.#held.set(key, left);
      else this.#held.delete(key);
    }
    this.#serve();
  }

  #serve(): void {
    // A queue that is moved to the end is visited again.
    for (const [key, queue] of this.#queues) {
      if (this.#free === 0) return;
      const [next] = queue;
      if (!next || !this.#isFree(key)) continue;
      this.#remove(key, next);
      if (this.#queues.delete(key)) this.#queues.set(key, queue);
      next(this.#take(key));
    }
  }

  #remove(key: string | undefined, waiter: Waiter): void {
    const queue = this.#queues.get(key);
    if (!queue?.delete(waiter)) return;
    this.#waiting--;
    if (queue.size === 0) this.#queues.delete(key);
  }
}
