import { Deadline } from '../concurrency/deadline.ts';
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
  /** Aborts when the worker stops. */
  stopping: AbortSignal;
  timeoutMs: number;
}

/** The signal of an attempt. Aborts at its timeout, when the job is lost to it, or when the worker stops. */
export class AttemptSignal implements Disposable {
  readonly #deadline: Deadline;
  readonly #unwatch: () => void;
  #isDisposed = false;
  #isChecking = false;
  #mustCheckAgain = false;

  constructor(attempt: Attempt, { notifications, stopping, timeoutMs }: AttemptSignalOptions) {
    this.#deadline = new Deadline(timeoutMs, () => timedOut(timeoutMs)).endWith(stopping, STOPPING);
    this.#unwatch = notifications.watch(attempt.jobId, () => void this.#check(attempt));
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#deadline[Symbol.dispose]();
    this.#unwatch();
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
    if (this.#isDisposed) return;
    if (!isPresent) this.#deadline.end(LOST);
    else if (this.#mustCheckAgain) {
      this.#mustCheckAgain = false;
      await this.#check(attempt);
    }
  }
}

function timedOut(timeoutMs: number): TimeoutError {
  return new TimeoutError(`The attempt took longer than ${timeoutMs / 1000} seconds.`);
}
