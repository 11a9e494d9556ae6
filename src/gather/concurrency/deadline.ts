/**
 * The end of one call: its timeout, or the abort of its request's signal. All waits of the call go through `wait`, so that
 * one timer and one listener serve any number of attempts. Call `clear()` at the end.
 */
export class Deadline {
  readonly #signal: AbortSignal;
  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;
  /** Created on first use of `signal`. */
  #controller: AbortController | undefined;
  #isOver = false;
  #reason: unknown;
  /** Rejects the current wait. */
  #abortWait: ((reason: unknown) => void) | undefined;

  /** @param toError creates the error of the timeout */
  constructor(signal: AbortSignal, timeoutMs: number, toError: () => Error) {
    this.#signal = signal;
    this.#endsAt = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => this.#end(toError()), timeoutMs);
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) this.#onAbort();
  }

  /** Aborts at the deadline, with the error of the timeout or the reason of the request's signal. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isOver) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Negative once the deadline has passed. */
  get remainingMs(): number {
    return this.#endsAt - performance.now();
  }

  /**
   * Waits for something that `begin` starts. At the deadline, rejects at once with the error of the timeout or the reason
   * of the signal, and calls the function that `begin` returned to stop it, even if there is nothing to stop any more.
   */
  wait<T>(begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => (reason: unknown) => void) {
    return new Promise<T>((resolve, reject) => {
      if (this.#isOver) throw this.#reason;
      const stop = begin(resolve, reject);
      this.#abortWait = (reason) => {
        reject(reason);
        stop(reason);
      };
    });
  }

  /** Clears the timer and removes the listener. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#abortWait = undefined;
  }

  readonly #onAbort = () => this.#end(this.#signal.reason);

  #end(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reason = reason;
    this.#abortWait?.(reason);
    this.#controller?.abort(reason);
  }
}
