import { onAbort } from '../abort.ts';

/**
 * The end of an operation, a call or an attempt: its timeout, the abort of a signal, or a call of `end`. All waits go
 * through `wait`, so that one timer and one listener serve any number of steps. Dispose of it.
 */
export class Deadline implements Disposable {
  readonly #timeoutMs: number;
  readonly #timer: NodeJS.Timeout;
  /** Each stops listening to a signal. */
  readonly #listeners: (() => void)[] = [];
  #endsAt: number;
  #isLifted = false;
  /** Created on first use of `signal`. */
  #controller: AbortController | undefined;
  #isOver = false;
  #reason: unknown;
  /** Rejects the current wait. */
  #abortWait: ((reason: unknown) => void) | undefined;

  /** @param toError creates the error of the timeout */
  constructor(timeoutMs: number, toError: () => Error) {
    this.#timeoutMs = timeoutMs;
    this.#endsAt = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => this.end(toError()), timeoutMs);
  }

  /**
   * Ends when the signal aborts, on which the listener of `onAbort` stays.
   * @param reason the signal's by default
   */
  endWith(signal: AbortSignal, reason?: Error): this {
    const stopListening = onAbort(signal, (aborted) => this.end(reason ?? aborted));
    if (!this.#isOver) this.#listeners.push(stopListening);
    return this;
  }

  /** Aborts at the end, with its reason. */
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
   * Waits for something that `begin` starts. At the end, rejects at once with its reason, and calls the function that
   * `begin` returned to stop it, even if there is nothing to stop any more.
   */
  wait<T>(begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => (reason: unknown) => void) {
    return new Promise<T>((resolve, reject) => {
      if (this.#isOver) throw this.#reason;
      const stop = begin(resolve, reject);
      const abort = (reason: unknown) => {
        reject(reason);
        stop(reason);
      };
      this.#abortWait = abort;
    });
  }

  /** Restarts the timeout. */
  extend(): void {
    if (this.#isOver || this.#isLifted) return;
    this.#endsAt = performance.now() + this.#timeoutMs;
    this.#timer.refresh();
  }

  /** Removes the timeout. */
  lift(): void {
    this.#isLifted = true;
    this.#endsAt = Number.POSITIVE_INFINITY;
    clearTimeout(this.#timer);
  }

  /** Ends now. Only the first reason counts. */
  end(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reason = reason;
    this.#abortWait?.(reason);
    this.#controller?.abort(reason);
    this[Symbol.dispose]();
  }

  /** Clears the timer and removes the listeners. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const remove of this.#listeners.splice(0)) remove();
    this.#abortWait = undefined;
  }
}
