import { Deadline } from '../concurrency/deadline.ts';
import { GatherError } from '../errors.ts';
import type { Attempt } from './attempt.ts';
import type { JobNotifications } from './job-notifications.ts';

/** The job is no longer this attempt's: somebody cancelled it, or another worker has begun it anew. */
export const LOST = new GatherError('CANCELLED', 'The job was cancelled, or is another worker’s.');

/** The worker ends, and another one is to run the job. */
export const STOPPING = new GatherError('CANCELLED', 'The worker ends.');

/** An attempt that took longer than its task may. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

interface AttemptSignalOptions {
  hints: JobNotifications;
  /** Aborts when the queue takes the job for another worker's. */
  lost: AbortSignal;
  /** Aborts when the worker ends. */
  stopping: AbortSignal;
  timeoutMs: number;
}

/** Ends an attempt, by its signal: past its timeout, when the job is not its own any more, or when the worker ends. */
export class AttemptSignal implements Disposable {
  readonly #deadline: Deadline;
  readonly #unwatch: () => void;
  #isDisposed = false;
  #isLooking = false;
  #isToLookAgain = false;

  constructor(attempt: Attempt, { hints, lost, stopping, timeoutMs }: AttemptSignalOptions) {
    this.#deadline = new Deadline(timeoutMs, () => timedOut(timeoutMs)).endWith(lost, LOST).endWith(stopping, STOPPING);
    this.#unwatch = hints.watch(attempt.jobId, () => void this.#look(attempt));
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#deadline[Symbol.dispose]();
    this.#unwatch();
  }

  /** One look at a time: its own reports tell it to look as well. */
  async #look(attempt: Attempt): Promise<void> {
    if (this.#isLooking) {
      this.#isToLookAgain = true;
      return;
    }
    this.#isLooking = true;
    const isPresent = await attempt.isPresent().catch(() => true);
    this.#isLooking = false;
    if (this.#isDisposed) return;
    if (!isPresent) this.#deadline.end(LOST);
    else if (this.#isToLookAgain) {
      this.#isToLookAgain = false;
      await this.#look(attempt);
    }
  }
}

function timedOut(timeoutMs: number): TimeoutError {
  return new TimeoutError(`It took longer than ${timeoutMs / 1000} seconds.`);
}
