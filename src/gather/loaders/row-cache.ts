import type DataLoader from 'dataloader';
import type { Id } from '../database/column-types.ts';
import type { Schema } from '../database/schema.ts';
import type { Row } from '../database/table-definition.ts';

interface RowLoader {
  column: string;
  loader: Pick<DataLoader<string, object, unknown>, 'prime'>;
}

/**
 * The rows that a request's loaders and pages have read. Loaders of rows by key are primed with them, those that are
 * made later too, so that none is read twice.
 */
export class RowCache {
  readonly #rows = new Map<keyof Schema, Map<Id, object>>();
  readonly #loaders = new Map<keyof Schema, RowLoader[]>();

  /** Rows that were read, with their keys and all the columns that the operation reads of their table. */
  add(table: keyof Schema, rows: readonly object[]): void {
    const known = this.#rowsOf(table);
    for (const row of rows) known.set(Reflect.get(row, 'id'), row);
    for (const loader of this.#loaders.get(table) ?? []) prime(loader, rows);
  }

  /** The row with this key, where it has been read. */
  find<T extends keyof Schema>(table: T, id: Id): Row<T> | undefined {
    return this.#rowsOf(table).get(id) as Row<T> | undefined;
  }

  /** A loader that is to know them, by the column that has its keys. */
  register(table: keyof Schema, rowLoader: RowLoader): void {
    this.#loaders.set(table, [...(this.#loaders.get(table) ?? []), rowLoader]);
    prime(rowLoader, this.#rowsOf(table).values());
  }

  #rowsOf(table: keyof Schema): Map<Id, object> {
    const known = this.#rows.get(table) ?? new Map<Id, object>();
    this.#rows.set(table, known);
    return known;
  }
}

function prime({ column, loader }: RowLoader, rows: Iterable<object>): void {
  for (const row of rows) {
    const key: unknown = Reflect.get(row, column);
    if (key !== undefined) loader.prime(String(key), row);
  }
}
