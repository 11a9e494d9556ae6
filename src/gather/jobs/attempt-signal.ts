import { GatherError } from '../errors.ts';
import type { Attempt } from './attempt.ts';
import type { JobNotifications } from './job-notifications.ts';

/** The job no longer belongs to this attempt: it was cancelled, or another worker has started it again. */
export const LOST = new GatherError('CANCELLED', 'The job was cancelled, or another worker has it.');

/** The worker is stopping; another one will run the job. */
export const STOPPING = new GatherError('CANCELLED', 'The worker is stopping.');

/** An attempt exceeded the timeout of its task. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

interface AttemptSignalOptions {
  notifications: JobNotifications;
  /** Aborts when the queue considers the job lost to another worker. */
  lost: AbortSignal;
  /** Aborts when the worker stops. */
  stopping: AbortSignal;
  timeoutMs: number;
}

/** The signal of an attempt. Aborts at its timeout, when the job is lost to it, or when the worker stops. */
export class AttemptSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #unwatch: () => void;
  readonly #ended = new AbortController();
  #isChecking = false;
  #mustCheckAgain = false;

  constructor(attempt: Attempt, { notifications, lost, stopping, timeoutMs }: AttemptSignalOptions) {
    this.#timer = setTimeout(() => this.#controller.abort(timedOut(timeoutMs)), timeoutMs);
    this.#unwatch = notifications.watch(attempt.jobId, () => void this.#check(attempt));
    this.#on(lost, LOST);
    this.#on(stopping, STOPPING);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#ended.abort();
  }

  #on(signal: AbortSignal, reason: GatherError): void {
    const abort = () => this.#controller.abort(reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true, signal: this.#ended.signal });
  }

  /** Runs one check at a time: the attempt's own progress reports cause notifications too. */
  async #check(attempt: Attempt): Promise<void> {
    if (this.#isChecking) {
      this.#mustCheckAgain = true;
      return;
    }
    this.#isChecking = true;
    const isPresent = await attempt.isPresent().catch(() => true);
    this.#isChecking = false;
    if (this.#ended.signal.aborted) return;
    if (!isPresent) this.#controller.abort(LOST);
    else if (this.#mustCheckAgain) {
      this.#mustCheckAgain = false;
      await this.#check(attempt);
    }
  }
}

function timedOut(timeoutMs: number): TimeoutError {
  return new TimeoutError(`The attempt took longer than ${timeoutMs / 1000} seconds.`);
}
