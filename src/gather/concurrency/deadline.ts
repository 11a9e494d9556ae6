/**
 * The end of one call: its time is up, or the signal of its request aborts. What the call waits for, one thing after
 * another, goes through `wait`, so that one timer and one listener serve it however many attempts it takes.
 * The caller ends it with `clear()`.
 */
export class Deadline {
  readonly #signal: AbortSignal;
  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;
  /** Made where somebody asks for its signal. */
  #controller: AbortController | undefined;
  #isOver = false;
  #reason: unknown;
  /** Ends the wait under way. */
  #giveUp: ((reason: unknown) => void) | undefined;

  /** @param toError makes what waits are rejected with when the time is up */
  constructor(signal: AbortSignal, timeoutMs: number, toError: () => Error) {
    this.#signal = signal;
    this.#endsAt = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => this.#end(toError()), timeoutMs);
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.#onAbort();
  }

  /** Aborts at the end, with the error of the timeout or the reason of the request's signal. */
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
   * Begins something that settles the promise later. If the end comes first, the promise is rejected at once with the
   * error of the timeout or the reason of the signal, and what was begun is stopped with the function that `begin`
   * returns. That function may be called when there is nothing to stop any more.
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

  /** Lets go of the timer and the signal. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#giveUp = undefined;
  }

  readonly #onAbort = () => this.#end(this.#signal.reason);

  #end(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reason = reason;
    this.#giveUp?.(reason);
    this.#controller?.abort(reason);
  }
}
