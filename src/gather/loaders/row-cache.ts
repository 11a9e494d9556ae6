import type DataLoader from 'dataloader';
import type { Id } from '../database/column-types.ts';
import type { Schema } from '../database/schema.ts';
import type { Row } from '../database/table-definition.ts';

interface RowLoader {
  column: string;
  loader: Pick<DataLoader<string, object, unknown>, 'prime'>;
}

/**
 * The rows that a request has read. Primes the row loaders with them, also loaders created later, so that no row is read
 * twice.
 */
export class RowCache {
  readonly #rows = new Map<keyof Schema, Map<Id, object>>();
  readonly #loaders = new Map<keyof Schema, RowLoader[]>();

  /** Adds rows, with their keys and all the columns that the operation reads of their table. */
  add(table: keyof Schema, rows: readonly object[]): void {
    const cached = this.#rowsOf(table);
    for (const row of rows) cached.set(Reflect.get(row, 'id'), row);
    for (const loader of this.#loaders.get(table) ?? []) prime(loader, rows);
  }

  /** The row with this key, if it has been read. */
  find<T extends keyof Schema>(table: T, id: Id): Row<T> | undefined {
    return this.#rowsOf(table).get(id) as Row<T> | undefined;
  }

  /** Adds a loader to prime. */
  register(table: keyof Schema, rowLoader: RowLoader): void {
    this.#loaders.set(table, [...(this.#loaders.get(table) ?? []), rowLoader]);
    prime(rowLoader, this.#rowsOf(table).values());
  }

  #rowsOf(table: keyof Schema): Map<Id, object> {
    const cached = this.#rows.get(table) ?? new Map<Id, object>();
    this.#rows.set(table, cached);
    return cached;
  }
}

function prime({ column, loader }: RowLoader, rows: Iterable<object>): void {
  for (const row of rows) {
    const key: unknown = Reflect.get(row, column);
    if (key !== undefined) loader.prime(String(key), row);
  }
}
