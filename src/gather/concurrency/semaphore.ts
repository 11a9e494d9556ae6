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

/** A key, while it holds permits or waits. */
interface Holder {
  readonly key: string | undefined;
  /** Its permits. */
  held: number;
  /** When it was served last, after it had waited. */
  servedAt: number;
  /** Those with the first places first. */
  readonly waiters: Waiter[];
}

/** A place in line is at most this much earlier than the time of asking. */
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
  readonly #holders = new Map<string | undefined, Holder>();
  /** Those that wait, in the order of their places. */
  readonly #line: Holder[] = [];

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
    const holder = this.#holderOf(key);
    return this.#isFree(holder) ? this.#take(holder) : undefined;
  }

  /**
   * Takes a permit at once if one is free, or waits for it. The caller releases it.
   * @param since when the caller's request began, as `performance.now()`. What began first is served first, so that it ends
   *   and frees its memory; it passes others that have waited for up to a second. @default now
   * @throws the signal's reason if that has aborted; the promise rejects with it later, or with the error of the options
   */
  acquire(signal: AbortSignal, key?: string, since?: number): Permit | Promise<Permit> {
    signal.throwIfAborted();
    return this.tryAcquire(key) ?? this.#wait(signal, key, since);
  }

  async #wait(signal: AbortSignal, key: string | undefined, since?: number): Promise<Permit> {
    if (this.#waiting >= (this.#options.maxWaiting ?? Number.POSITIVE_INFINITY)) throw this.#options.toError();
    const permit = await this.#enqueue(signal, key, since);
    if (!signal.aborted) return permit;
    permit.release();
    throw signal.reason;
  }

  #enqueue(signal: AbortSignal, key: string | undefined, since?: number): Promise<Permit> {
    const { timeoutMs, toError } = this.#options;
    const now = performance.now();
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown) => {
        this.#remove(holder, waiter);
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
      const holder = this.#holderOf(key);
      this.#add(holder, waiter);
    });
  }

  #isFree({ key, held }: Holder): boolean {
    const { size, perKey = size } = this.#options;
    return this.#free > 0 && (key === undefined || held < perKey);
  }

  #holderOf(key: string | undefined): Holder {
    return this.#holders.get(key) ?? { key, held: 0, servedAt: 0, waiters: [] };
  }

  #take(holder: Holder): Permit {
    this.#free--;
    holder.held++;
    this.#holders.set(holder.key, holder);
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#free++;
      holder.held--;
      this.#forget(holder);
      this.#serve();
    };
    return { release, [Symbol.dispose]: release };
  }

  #serve(): void {
    while (this.#free > 0) {
      const holder = this.#line.find((it) => this.#isFree(it));
      const [next] = holder?.waiters ?? [];
      if (!holder || !next) return;
      const permit = this.#take(holder);
      holder.servedAt = performance.now();
      this.#remove(holder, next);
      next.serve(permit);
    }
  }

  #add(holder: Holder, waiter: Waiter): void {
    this.#holders.set(holder.key, holder);
    insert(holder.waiters, waiter, ({ since }) => since);
    this.#waiting++;
    this.#place(holder);
  }

  #remove(holder: Holder, waiter: Waiter): void {
    const index = holder.waiters.indexOf(waiter);
    if (index < 0) return;
    holder.waiters.splice(index, 1);
    this.#waiting--;
    this.#place(holder);
    this.#forget(holder);
  }

  /** Puts a holder at its place in line, or out of it if it does not wait. */
  #place(holder: Holder): void {
    const index = this.#line.indexOf(holder);
    if (index >= 0) this.#line.splice(index, 1);
    if (holder.waiters.length > 0) insert(this.#line, holder, placeOf);
  }

  #forget({ key, held, waiters }: Holder): void {
    if (held === 0 && waiters.length === 0) this.#holders.delete(key);
  }
}

/** The place in line of a holder: that of its first caller, but behind those that waited when it was served. */
function placeOf({ servedAt, waiters }: Holder): number {
  return Math.max(servedAt, waiters[0]?.since ?? servedAt);
}

/** Inserts a value into a list in order, behind those at the same place. */
function insert<T>(list: T[], value: T, toPlace: (value: T) => number): void {
  const place = toPlace(value);
  const before = list.findLastIndex((it) => toPlace(it) <= place);
  list.splice(before + 1, 0, value);
}
