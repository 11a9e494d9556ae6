/**
 * The end of an operation, a call or an attempt: its time is up, a signal aborts, or its owner ends it. What it waits
 * for, one thing after another, goes through `wait`, so that one timer and one listener serve it however many steps it
 * takes. Dispose of it.
 */
export class Deadline implements Disposable {
  readonly #timeoutMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #listeners: (() => void)[] = [];
  #endsAt: number;
  #isLifted = false;
  /** Made where somebody asks for its signal. */
  #controller: AbortController | undefined;
  #isOver = false;
  #reason: unknown;
  /** Ends the wait under way. */
  #giveUp: ((reason: unknown) => void) | undefined;

  /** @param toError makes the reason when the time is up */
  constructor(timeoutMs: number, toError: () => Error) {
    this.#timeoutMs = timeoutMs;
    this.#endsAt = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => this.end(toError()), timeoutMs);
  }

  /** Ends when the signal aborts. @param reason that of the signal unless given */
  endWith(signal: AbortSignal, reason?: Error): this {
    const onAbort = () => this.end(reason ?? signal.reason);
    if (signal.aborted) onAbort();
    else {
      signal.addEventListener('abort', onAbort);
      this.#listeners.push(() => signal.removeEventListener('abort', onAbort));
    }
    return this;
  }

  /** Aborts at the end, with its reason. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isOver) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Whether the end has come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Milliseconds left; below zero once it has passed. */
  get remainingMs(): number {
    return this.#endsAt - performance.now();
  }

  /**
   * Begins something that settles the promise later. If the end comes first, the promise is rejected at once with its
   * reason, and what was begun is stopped with the function that `begin` returns. That function may be called when there
   * is nothing to stop any more.
   */
  wait<T>(begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => (reason: unknown) => void) {
    return new Promise<T>((resolve, reject) => {
      if (this.#isOver) throw this.#reason;
      const stop = begin(resolve, reject);
      this.#giveUp = (reason) => {
        reject(reason);
        stop(reason);
      };
    });
  }

  /** Starts the time anew. */
  extend(): void {
    if (this.#isOver || this.#isLifted) return;
    this.#endsAt = performance.now() + this.#timeoutMs;
    this.#timer.refresh();
  }

  /** Takes the limit of time away; the signals still end it. */
  lift(): void {
    this.#isLifted = true;
    this.#endsAt = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
  }

  /** Ends it now; only the first reason counts. */
  end(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reason = reason;
    this.#giveUp?.(reason);
    this.#controller?.abort(reason);
    this[Symbol.dispose]();
  }

  /** Lets go of the timer and the signals. It does not end any more by itself. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const remove of this.#listeners.splice(0)) remove();
    this.#giveUp = undefined;
  }
}
