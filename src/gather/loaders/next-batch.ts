import { batches } from '../monitoring/channels.ts';
import type { Schedule } from './schedule.ts';

interface NextBatchOptions<Item> {
  name: string;
  schedule: Schedule;
  /** Loads the items of a batch, and keeps what it finds. */
  load: (items: readonly Item[]) => Promise<void>;
  /** Keeps the error of a batch that `load` could not load. */
  fail: (items: readonly Item[], error: Error) => void;
}

/** Collects what is asked for until the request's schedule lets it leave: a batch with one promise for all of its items. */
export class NextBatch<Item> {
  readonly #options: NextBatchOptions<Item>;
  #items: Item[] = [];
  #done: Promise<void> | undefined;

  constructor(options: NextBatchOptions<Item>) {
    this.#options = options;
  }

  /** @returns the end of the batch; never rejects */
  add(item: Item): Promise<void> {
    this.#items.push(item);
    this.#done ??= new Promise((resolve) => this.#options.schedule(() => resolve(this.#leave())));
    return this.#done;
  }

  async #leave(): Promise<void> {
    const { name: loader, load, fail } = this.#options;
    const items = this.#items;
    this.#items = [];
    this.#done = undefined;
    try {
      if (!batches.hasSubscribers) await load(items);
      else await batches.tracePromise(() => load(items), { loader, keys: items.length, cache: this });
    } catch (error) {
      fail(items, error as Error);
    }
  }
}
