import DataLoader from 'dataloader';
import type { KeyValue } from '../database/key.ts';
import { loads } from '../monitoring/channels.ts';
import { endOf, NextBatch } from './next-batch.ts';
import { observeLoads } from './observed-loader.ts';
import type { Batch, Schedule } from './schedule.ts';

interface RowLoaderOptions<Row> {
  name: string;
  batch: Batch;
  schedule: Schedule;
  /** The rows that the request has read, by the texts of the loader's key. Ask again after more are read. */
  known: () => ReadonlyMap<string, Row>;
  /** Reads the rows with these keys and makes them known. */
  read: (keys: readonly string[]) => Promise<void>;
  /** Forgets a known row, or all of them. */
  forget: (key?: string) => void;
  /** The error of a key without a row. */
  notFound: () => Error;
}

/**
 * Loads rows by the texts of a unique key, with two views on one cache: `loader` for resolvers, with a promise per key, and
 * `load` and `find` for many rows at once. What is asked for in one turn, either way, is read by one statement.
 */
export class RowLoader<Row extends object> {
  readonly #options: RowLoaderOptions<Row>;
  readonly #next: NextBatch<string>;
  /** The batch of each key that was asked for. */
  readonly #asked = new Map<string, Promise<void>>();
  /** What `loader` was asked for or given. */
  readonly #promises = new Map<string, Promise<Row>>();
  /** What was found of keys without a known row: errors, and rows that `loader` was given. */
  readonly #others = new Map<string, Row | Error>();
  #loader: DataLoader<KeyValue, Row, unknown> | undefined;

  constructor(options: RowLoaderOptions<Row>) {
    const { name, batch, schedule, read } = options;
    this.#options = options;
    const fail = (keys: readonly string[], error: Error) => {
      for (const key of keys) this.#others.set(key, error);
    };
    this.#next = new NextBatch({ name, batch, schedule, load: read, fail });
  }

  /** Created on first use: most tables are read by declared fields alone. */
  get loader(): DataLoader<KeyValue, Row, unknown> {
    this.#loader ??= this.#createLoader();
    return this.#loader;
  }

  /** Loads the rows that are not known. Never rejects: `find` has the errors. @returns undefined if all are known */
  load(keys: readonly (string | null)[]): Promise<unknown> | undefined {
    const known = this.#options.known();
    const ends = new Set<Promise<void>>();
    let last: Promise<void> | undefined;
    for (const key of keys) {
      if (key === null || known.has(key)) continue;
      if (loads.hasSubscribers) this.#publish(key);
      const end = this.#promises.has(key) ? this.#settle(key) : this.#ask(key);
      if (end !== last) ends.add(end);
      last = end;
    }
    return ends.size > 0 ? endOf(ends) : undefined;
  }

  /** The rows of keys that were loaded, or their errors; null for a null key. */
  find(keys: readonly (string | null)[]): (Row | Error | null)[] {
    const known = this.#options.known();
    const { notFound } = this.#options;
    return keys.map((key) => (key === null ? null : (known.get(key) ?? this.#others.get(key) ?? notFound())));
  }

  /** Adds a key to the next batch, if it is in none yet. @returns the end of its batch */
  #ask(key: string): Promise<void> {
    let end = this.#asked.get(key);
    if (!end) {
      end = this.#next.add(key);
      this.#asked.set(key, end);
    }
    return end;
  }

  /** Waits for a row that `loader` was asked for or given, so that `find` has it. */
  async #settle(key: string): Promise<void> {
    try {
      this.#others.set(key, (await this.#promises.get(key)) as Row);
    } catch (error) {
      this.#others.set(key, error as Error);
    }
  }

  #publish(key: string): void {
    const isHit = this.#promises.has(key) || this.#asked.has(key);
    loads.publish({ loader: this.#options.name, isHit, cache: this.#next });
  }

  #createLoader(): DataLoader<KeyValue, Row, unknown> {
    const { name } = this.#options;
    const load = async (keys: readonly KeyValue[]) => {
      const texts = keys.map(String);
      await endOf(new Set(texts.map((key) => this.#ask(key))));
      return this.find(texts) as (Row | Error)[];
    };
    const cacheMap = this.#createCache();
    const loader = new DataLoader(load, { name, batchScheduleFn: queueMicrotask, cacheKeyFn: String, cacheMap });
    if (loads.hasSubscribers) observeLoads(loader, { name, cache: cacheMap, id: this.#next, toCacheKey: String });
    return loader;
  }

  /** The cache of `loader`, which has the known rows too. */
  #createCache(): DataLoader.CacheMap<string, Promise<Row>> {
    const { known, forget } = this.#options;
    return {
      get: (key) => {
        const promise = this.#promises.get(key);
        if (promise) return promise;
        const row = known().get(key);
        if (!row) return undefined;
        const found = Promise.resolve(row);
        this.#promises.set(key, found);
        return found;
      },
      set: (key, promise) => this.#promises.set(key, promise),
      delete: (key) => {
        forget(key);
        this.#asked.delete(key);
        this.#others.delete(key);
        return this.#promises.delete(key);
      },
      clear: () => {
        forget();
        for (const map of [this.#asked, this.#others, this.#promises]) map.clear();
      },
    };
  }
}
