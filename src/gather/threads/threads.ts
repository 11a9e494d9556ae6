import { availableParallelism } from 'node:os';
import { ThreadPool } from './thread-pool.ts';
import type { Work } from './work.ts';

/** Runs synchronous work off the event loop. */
export interface Threads {
  /**
   * Runs work on a thread, once one is free. When the signal aborts, rejects with its reason and terminates the thread. An
   * error of the work keeps its message and stack, but loses its class unless that is built into JavaScript.
   *
   * @throws BUSY if 100 calls are waiting already, CANCELLED if the server is stopping
   */
  run<Input, Result>(work: Work<Input, Result>, input: Input, signal: AbortSignal): Promise<Awaited<Result>>;
  /** Ends every thread. Rejects all work, running, waiting or later, with CANCELLED. */
  close(): Promise<void>;
}

/**
 * Creates threads for synchronous work, started on demand. Call `close()` at the end.
 * @param size the number of threads; with 1, work runs one after another, in order. @default one less than there are cores
 */
export function createThreads(size = Math.max(1, availableParallelism() - 1)): Threads {
  const pool = new ThreadPool(size);
  return {
    run: (work, input, signal) => pool.run(work, input, signal),
    close: () => pool.close(),
  };
}
