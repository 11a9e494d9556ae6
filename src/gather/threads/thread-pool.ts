import { Piscina } from 'piscina';
import { untilAborted } from '../abort.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { GatherError } from '../errors.ts';
import type { Work } from './work.ts';

const MAX_WAITING = 100;
const IDLE_MS = 10_000;
/** Gives the event loop priority when cores are scarce. On Linux only: elsewhere it would apply to the whole process. */
const NICE = process.platform === 'linux' ? 10 : 0;

/**
 * A pool of threads that run work first in, first out. A thread starts on demand, and ends after ten idle seconds. Call
 * `close()` at the end.
 */
export class ThreadPool {
  readonly #piscina: Piscina;
  /**
   * Work waits here, and never in the queue of Piscina 5.3, which keeps neither order nor bound for work with a signal, and
   * stalls once the last thread was aborted.
   */
  readonly #semaphore: Semaphore;
  readonly #closing = new AbortController();

  constructor(size: number) {
    this.#semaphore = new Semaphore({ size, maxWaiting: MAX_WAITING, toError: queueFull });
    this.#piscina = new Piscina({
      minThreads: 0,
      maxThreads: size,
      idleTimeout: IDLE_MS,
      niceIncrement: NICE,
      recordTiming: false,
    });
    // The failure of an idle thread. Without a listener it would end the process.
    this.#piscina.on('error', () => {});
  }

  /** See `Threads.run`. */
  run<Input, Result>(work: Work<Input, Result>, input: Input, signal: AbortSignal): Promise<Awaited<Result>> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return untilAborted(either, this.#runWithPermit(work, input, either));
  }

  /** Ends every thread. Rejects all work, running, waiting or later, with CANCELLED. */
  async close(): Promise<void> {
    const threads = this.#piscina.threads;
    this.#closing.abort(new GatherError('CANCELLED', 'The server is stopping.', { retryable: true }));
    await this.#piscina.destroy();
    await ended(threads);
  }

  /** Holds its permit until the thread is idle or has ended: an aborted one may still be inside a native function. */
  async #runWithPermit<Input, Result>(work: Work<Input, Result>, input: Input, signal: AbortSignal) {
    using _permit = await this.#semaphore.acquire(signal);
    const stopping = new AbortController();
    let stopped: Promise<unknown> | undefined;
    const stop = () => {
      stopped = this.#endThreadOf(stopping);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      return await this.#piscina.run(input, { filename: work.url, signal: stopping.signal });
    } finally {
      signal.removeEventListener('abort', stop);
      await stopped;
    }
  }

  /** Finds the thread that the abort ended: Piscina tells neither which thread runs what, nor when one has ended. */
  async #endThreadOf(stopping: AbortController): Promise<void> {
    const before = this.#piscina.threads;
    stopping.abort();
    const left = new Set(this.#piscina.threads);
    await ended(before.filter((thread) => !left.has(thread)));
  }
}

function ended(threads: Piscina['threads']): Promise<unknown> {
  return Promise.all(threads.map((thread) => thread.terminate()));
}

function queueFull(): GatherError {
  const message = `Every thread is busy, and ${MAX_WAITING} calls are waiting already. Try again later.`;
  return new GatherError('BUSY', message, { retryable: true });
}
