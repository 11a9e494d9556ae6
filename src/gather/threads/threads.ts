import { availableParallelism } from 'node:os';
import { ThreadPool } from './thread-pool.ts';
import type { Work } from './work.ts';

/** Where synchronous work runs, so that the event loop is free for everything else. */
export interface Threads {
  /**
   * Runs work on a thread, or has it wait until one is free. Once the signal aborts, the promise rejects with its
   * reason, and the thread is ended wherever the work is. An error that the work throws arrives with its message and
   * stack, and without its class, where that is not one of JavaScript's own.
   *
   * @throws BUSY where a hundred others wait already, CANCELLED where the server is stopping
   */
  run<Input, Result>(work: Work<Input, Result>, input: Input, signal: AbortSignal): Promise<Awaited<Result>>;
  /** Ends every thread. What runs or waits is rejected with CANCELLED, and so is what comes later. */
  close(): Promise<void>;
}

/**
 * Threads for synchronous work; the first starts at first use. End them with `close()`.
 * @param size how many work at a time. With 1, none runs beside another, and they keep their order. @default one core is left to the event loop
 */
export function createThreads(size = Math.max(1, availableParallelism() - 1)): Threads {
  const pool = new ThreadPool(size);
  return {
    run: (work, input, signal) => pool.run(work, input, signal),
    close: () => pool.close(),
  };
}
