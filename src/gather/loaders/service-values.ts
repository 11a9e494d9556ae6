import { loads } from '../monitoring/channels.ts';
import type { BoundOperation } from '../services/operation.ts';
import type { LoaderSource } from './batch.ts';
import { serviceValuesName } from './leads.ts';
import { endOf, NextBatch } from './next-batch.ts';

/** An operation of a service that is declared in its `bulk`. */
interface Declared {
  service: string;
  operation: string;
}

/** A key that was asked for. */
interface Asked {
  key: string;
  /** Its value, or its error, at the end of its batch. */
  value: unknown;
  /** The end of its batch. */
  end: Promise<void> | undefined;
}

/** The values of an operation by the texts of their keys. Each is read once, together with all that are asked for in one turn. */
export class ServiceValues {
  readonly #name: string;
  readonly #next: NextBatch<Asked>;
  readonly #all = new Map<string, Asked>();

  constructor({ services, schedule }: LoaderSource, { service, operation }: Declared) {
    const name = serviceValuesName(service, operation);
    // The types of the application's services say more than can be said of any service.
    const bound = Reflect.get(services, service) as Readonly<Record<string, BoundOperation>> | undefined;
    const readByText = bound?.[operation]?.byText;
    if (!readByText) throw new Error(`Expected an operation in \`bulk\` of a service, got ${name}.`);
    this.#name = name;
    this.#next = new NextBatch({
      name,
      batch: { loader: name, rows: null },
      schedule,
      load: (all) =>
        readByText(all.map(({ key }) => key)).then((values) => {
          for (const asked of all) asked.value = values.get(asked.key);
        }),
      fail: (all, error) => {
        for (const asked of all) asked.value = error;
      },
    });
  }

  /** Reads the values that were not asked for before, and waits for all. Never rejects: `find` has the errors. */
  load(keys: readonly (string | null)[]): Promise<unknown> {
    const ends = new Set<Promise<void>>();
    for (const key of keys) {
      if (key === null) continue;
      const known = this.#all.get(key);
      if (loads.hasSubscribers) loads.publish({ loader: this.#name, isHit: known !== undefined, cache: this.#next });
      ends.add(known?.end ?? this.#ask(key));
    }
    return endOf(ends);
  }

  /** The value of a key that was loaded, null if it has none, or its error; null for a null key. */
  find(key: string | null): unknown {
    return key === null ? null : (this.#all.get(key)?.value ?? null);
  }

  #ask(key: string): Promise<void> {
    const asked: Asked = { key, value: null, end: undefined };
    asked.end = this.#next.add(asked);
    this.#all.set(key, asked);
    return asked.end;
  }
}
