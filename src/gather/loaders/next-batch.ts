import { batches } from '../monitoring/channels.ts';
import type { Batch, Schedule } from './schedule.ts';

interface NextBatchOptions<Key> {
  name: string;
  batch: Batch;
  schedule: Schedule;
  /** Loads the keys of a batch, and keeps what it finds. It may reject, but must not throw. */
  load: (keys: readonly Key[]) => Promise<void>;
  /** Keeps the error of a batch that `load` could not load. */
  fail: (keys: readonly Key[], error: Error) => void;
}

/** The end of all of these batches. What is asked for together is mostly of one. */
export function endOf(ends: ReadonlySet<Promise<void>>): Promise<unknown> {
  const [end] = ends;
  return end && ends.size === 1 ? end : Promise.all(ends);
}

/** Collects keys until the request's schedule lets them leave: a batch with one promise for all of them. */
export class NextBatch<Key> {
  readonly #options: NextBatchOptions<Key>;
  #keys: Key[] = [];
  #done: Promise<void> | undefined;

  constructor(options: NextBatchOptions<Key>) {
    this.#options = options;
  }

  /** @returns the end of the batch; rejects only if `fail` throws */
  add(key: Key): Promise<void> {
    this.#keys.push(key);
    if (!this.#done) {
      const { schedule, batch } = this.#options;
      this.#done = new Promise((resolve, reject) => {
        schedule(batch, () => this.#leave(resolve, reject));
      });
    }
    return this.#done;
  }

  #leave(resolve: () => void, reject: (error: unknown) => void): void {
    const { name: loader, load, fail } = this.#options;
    const keys = this.#keys;
    this.#keys = [];
    this.#done = undefined;
    const loaded = batches.hasSubscribers
      ? batches.tracePromise(() => load(keys), { loader, keys: keys.length, cache: this })
      : load(keys);
    loaded.then(resolve, (error) => {
      try {
        fail(keys, error);
        resolve();
      } catch (thrown) {
        reject(thrown);
      }
    });
  }
}
