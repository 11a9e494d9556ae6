import type DataLoader from 'dataloader';
import type { Schema } from '../database/schema.ts';

interface RowLoader {
  column: string;
  loader: Pick<DataLoader<string, object | null, unknown>, 'prime'>;
}

/**
 * The rows that a request has read in whatever way. Loaders of rows by key are primed with them, those that are made
 * later too, so that no row is read twice.
 */
export class KnownRows {
  readonly #rows = new Map<keyof Schema, object[]>();
  readonly #loaders = new Map<keyof Schema, RowLoader[]>();

  /** Rows that were read, with all the columns that the operation reads of their table. */
  add(table: keyof Schema, rows: readonly object[]): void {
    const known = this.#rows.get(table);
    if (known) known.push(...rows);
    else this.#rows.set(table, [...rows]);
    for (const loader of this.#loaders.get(table) ?? []) prime(loader, rows);
  }

  /** A loader that is to know them, by the column that has its keys. */
  register(table: keyof Schema, rowLoader: RowLoader): void {
    this.#loaders.set(table, [...(this.#loaders.get(table) ?? []), rowLoader]);
    prime(rowLoader, this.#rows.get(table) ?? []);
  }
}

function prime({ column, loader }: RowLoader, rows: readonly object[]): void {
  for (const row of rows) {
    const key: unknown = Reflect.get(row, column);
    if (key !== undefined) loader.prime(String(key), row);
  }
}
