import { loads } from '../monitoring/channels.ts';
import type { BoundOperation } from '../services/operation.ts';
import type { LoaderSource } from './batch.ts';
import { serviceValuesName } from './leads.ts';
import { NextBatch } from './next-batch.ts';

/** An operation of a service that is declared in its `bulk`. */
interface Declared {
  service: string;
  operation: string;
}

/** The values of an operation by the texts of their keys. Each is read once, together with all that are asked for in one turn. */
export class ServiceValues {
  readonly #name: string;
  readonly #next: NextBatch<string>;
  /** The batch of each key that was asked for. */
  readonly #asked = new Map<string, Promise<void>>();
  /** The value of a key, or its error. */
  readonly #found = new Map<string, unknown>();

  constructor({ services, schedule }: LoaderSource, { service, operation }: Declared) {
    const name = serviceValuesName(service, operation);
    // The types of the application's services say more than can be said of any service.
    const bound = Reflect.get(services, service) as Readonly<Record<string, BoundOperation>> | undefined;
    const readByKey = bound?.[operation]?.byKey;
    if (!readByKey) throw new Error(`Expected an operation in \`bulk\` of a service, got ${name}.`);
    this.#name = name;
    this.#next = new NextBatch({
      name,
      batch: { loader: name, rows: null },
      schedule,
      load: async (keys) => {
        const values = await readByKey(keys);
        for (const [index, key] of keys.entries()) this.#found.set(key, values[index]);
      },
      fail: (keys, error) => {
        for (const key of keys) this.#found.set(key, error);
      },
    });
  }

  /** Reads the values that were not asked for before, and waits for all. Never rejects: `find` has the errors. */
  async load(keys: Iterable<string>): Promise<void> {
    const batches = new Set<Promise<void>>();
    for (const key of keys) {
      let batch = this.#asked.get(key);
      if (loads.hasSubscribers) loads.publish({ loader: this.#name, isHit: batch !== undefined, cache: this.#next });
      if (!batch) {
        batch = this.#next.add(key);
        this.#asked.set(key, batch);
      }
      batches.add(batch);
    }
    for (const batch of batches) await batch;
  }

  /** The value of a key that was loaded, null if it has none, or its error. */
  find(key: string): unknown {
    return this.#found.get(key) ?? null;
  }
}
