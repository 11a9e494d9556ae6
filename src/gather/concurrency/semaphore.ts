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

/** A caller that waits. */
interface Waiter {
  /** Its place in line: the time from which its waiting counts, as `performance.now()`. */
  since: number;
  serve: (permit: Permit) => void;
}

/** The permits of one key, while it has any. */
interface Held {
  count: number;
  /** When it was served last, after it had waited. */
  servedAt: number;
}

/** The waiting callers of one key, those with the first places first. */
interface Queue {
  readonly key: string | undefined;
  /** When the key was served last, while it waits or holds a permit. */
  servedAt: number;
  readonly waiters: Waiter[];
}

/** How much longer a caller has waited than those that it may pass, at most. */
const MAX_AHEAD_MS = 1000;

/**
 * A fair semaphore. Callers wait in line. A key that is served goes to the end of the line, until it neither waits nor holds a
 * permit, so that a key with many callers does not delay other keys. A key never holds more than `perKey` permits, even if
 * others are free: a permit cannot be revoked when another key needs it.
 */
export class Semaphore {
  readonly #options: SemaphoreOptions;
  #free: number;
  #waiting = 0;
  readonly #held = new Map<string, Held>();
  /** In the order of their places. */
  readonly #line: Queue[] = [];

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
    return this.#line.length;
  }

  /** Takes a permit if one is free. The caller releases it. */
  tryAcquire(key?: string): Permit | undefined {
    // Waiting callers have no claim to a free permit: they wait for one of their own key.
    return this.#isFree(key) ? this.#take(key) : undefined;
  }

  /**
   * Waits for a permit. The caller releases it.
   * @param since when the caller's request began, as `performance.now()`. What began first is served first, so that it ends
   *   and frees its memory; it passes others that have waited for up to a second. @default now
   * @throws the error of the options, or the signal's reason once that aborts
   */
  async acquire(signal: AbortSignal, key?: string, since?: number): Promise<Permit> {
    signal.throwIfAborted();
    const free = this.tryAcquire(key);
    if (free) return free;
    if (this.#waiting >= (this.#options.maxWaiting ?? Number.POSITIVE_INFINITY)) throw this.#options.toError();
    const permit = await this.#wait(signal, key, since);
    if (!signal.aborted) return permit;
    permit.release();
    throw signal.reason;
  }

  #wait(signal: AbortSignal, key: string | undefined, since?: number): Promise<Permit> {
    const { timeoutMs, toError } = this.#options;
    const now = performance.now();
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown) => {
        this.#remove(key, waiter);
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
      const waiter: Waiter = { since: Math.max(since ?? now, now - MAX_AHEAD_MS), serve };
      this.#add(key, waiter);
    });
  }

  #isFree(key: string | undefined): boolean {
    const { size, perKey = size } = this.#options;
    return this.#free > 0 && (key === undefined || (this.#held.get(key)?.count ?? 0) < perKey);
  }

  #take(key: string | undefined): Permit {
    this.#free--;
    if (key !== undefined) {
      const held = this.#held.get(key);
      if (held) held.count++;
      else this.#held.set(key, { count: 1, servedAt: 0 });
    }
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
      const held = this.#held.get(key);
      if (held && --held.count === 0) this.#held.delete(key);
    }
    this.#serve();
  }

  #serve(): void {
    while (this.#free > 0) {
      const queue = this.#line.find(({ key }) => this.#isFree(key));
      const next = queue?.waiters[0];
      if (!queue || !next) return;
      queue.servedAt = performance.now();
      this.#remove(queue.key, next);
      const permit = this.#take(queue.key);
      const held = queue.key === undefined ? undefined : this.#held.get(queue.key);
      if (held) held.servedAt = queue.servedAt;
      next.serve(permit);
    }
  }

  #add(key: string | undefined, waiter: Waiter): void {
    const queue = this.#takeQueue(key) ?? { key, servedAt: this.#servedAt(key), waiters: [] };
    insert(queue.waiters, waiter, ({ since }) => since);
    insert(this.#line, queue, placeOf);
    this.#waiting++;
  }

  #servedAt(key: string | undefined): number {
    return (key === undefined ? undefined : this.#held.get(key)?.servedAt) ?? 0;
  }

  #remove(key: string | undefined, waiter: Waiter): void {
    const queue = this.#takeQueue(key);
    if (!queue) return;
    const index = queue.waiters.indexOf(waiter);
    if (index >= 0) {
      queue.waiters.splice(index, 1);
      this.#waiting--;
    }
    if (queue.waiters.length > 0) insert(this.#line, queue, placeOf);
  }

  /** Takes the queue of a key out of the line, where its place may change. */
  #takeQueue(key: string | undefined): Queue | undefined {
    const index = this.#line.findIndex((queue) => queue.key === key);
    return index < 0 ? undefined : this.#line.splice(index, 1)[0];
  }
}

/** The place in line of a key: that of its first caller, but behind those that waited when it was served. */
function placeOf({ servedAt, waiters }: Queue): number {
  return Math.max(servedAt, waiters[0]?.since ?? servedAt);
}

/** Inserts an item into a list in order, behind those at the same place. */
function insert<T>(list: T[], item: T, toPlace: (item: T) => number): void {
  const place = toPlace(item);
  const before = list.findLastIndex((it) => toPlace(it) <= place);
  list.splice(before + 1, 0, item);
}
