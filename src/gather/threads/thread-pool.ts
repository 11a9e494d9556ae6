import { Piscina } from 'piscina';
import { untilAborted } from '../calls.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { GatherError } from '../errors.ts';
import type { Work } from './work.ts';

const MAX_WAITING = 100;
const IDLE_MS = 10_000;
/** The event loop goes first where there are too few cores. Elsewhere than on Linux it would hold for the process. */
const NICE = process.platform === 'linux' ? 10 : 0;

/**
 * So many threads that run work, one piece at a time each, in the order in which it came. A thread starts when there
 * is work for it, and ends after ten seconds without. End all with `close()`.
 */
export class ThreadPool {
  readonly #piscina: Piscina;
  /**
   * Work waits here and never in Piscina 5.3: its queue does not keep the order of work that has a signal, nor its
   * bound, and stands still once the last thread was aborted.
   */
  readonly #turns: Semaphore;
  readonly #closing = new AbortController();

  constructor(size: number) {
    this.#turns = new Semaphore({ size, maxWaiting: MAX_WAITING, toError: tooMany });
    this.#piscina = new Piscina({
      minThreads: 0,
      maxThreads: size,
      idleTimeout: IDLE_MS,
      niceIncrement: NICE,
      recordTiming: false,
    });
    // A thread that fails without work has nobody to tell. Unheard, it would end the process.
    this.#piscina.on('error', () => {});
  }

  /** See `Threads.run`. */
  run<Input, Result>(work: Work<Input, Result>, input: Input, signal: AbortSignal): Promise<Awaited<Result>> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return untilAborted(either, this.#runInTurn(work, input, either));
  }

  /** Ends every thread. What runs or waits is rejected with CANCELLED, and so is what comes later. */
  async close(): Promise<void> {
    const threads = this.#piscina.threads;
    this.#closing.abort(new GatherError('CANCELLED', 'The server is stopping.', { retryable: true }));
    await this.#piscina.destroy();
    await ended(threads);
  }

  /** Keeps its turn until its thread is free, or has ended: an aborted one may still be inside a native function. */
  async #runInTurn<Input, Result>(work: Work<Input, Result>, input: Input, signal: AbortSignal) {
    using _turn = await this.#turns.acquire(signal);
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

  /** Piscina does not say which thread runs what, nor when one that it terminates has ended. */
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

function tooMany(): GatherError {
  const message = `Every thread is busy, and ${MAX_WAITING} others wait already; expected fewer. Try again later.`;
  return new GatherError('BUSY', message, { retryable: true });
}
