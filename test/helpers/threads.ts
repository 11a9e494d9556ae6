import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';

/** Threads of this process, from when they are watched. */
export interface WatchedThreads extends Disposable {
  /** How many were started. */
  readonly started: number;
  /** How many have not ended. */
  readonly alive: number;
}

/** Watches which threads this process starts. */
export function watchThreads(): WatchedThreads {
  const threads: Worker[] = [];
  let alive = 0;
  const onThread = (message: unknown) => {
    const { worker } = message as { worker: Worker };
    threads.push(worker);
    alive++;
    worker.once('exit', () => alive--);
  };
  subscribe('worker_threads', onThread);
  return {
    get started() {
      return threads.length;
    },
    get alive() {
      return alive;
    },
    [Symbol.dispose]: () => void unsubscribe('worker_threads', onThread),
  };
}
