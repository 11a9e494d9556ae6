import type { Key } from '../database/key.ts';
import type { Schema } from '../database/schema.ts';
import type { Row } from '../database/table-definition.ts';

type AnyRow = Readonly<Record<string, unknown>>;

/** The rows of a table by the texts of one key. */
interface Index {
  rows: Map<string, object>;
  /** How many of the table's lists are in it. */
  lists: number;
}

/** The rows of one table. An index is built when a column is first looked up: most rows of a list never are. */
class TableRows {
  /** As they were added. */
  #lists: (readonly object[])[] = [];
  readonly #indexes = new Map<string, Index>();

  add(rows: readonly object[]): void {
    if (rows.length > 0) this.#lists.push(rows);
  }

  /** The rows by the texts of a unique key. */
  by(key: Key): ReadonlyMap<string, object> {
    let index = this.#indexes.get(key.name);
    if (!index) {
      index = { rows: new Map(), lists: 0 };
      this.#indexes.set(key.name, index);
    }
    for (; index.lists < this.#lists.length; index.lists++) {
      for (const row of this.#lists[index.lists] as readonly AnyRow[]) {
        const text = key.textOf(row);
        if (text !== null) index.rows.set(text, row);
      }
    }
    return index.rows;
  }

  remove(isRemoved: (row: object) => boolean): void {
    this.#lists = this.#lists.map((rows) => rows.filter((row) => !isRemoved(row)));
    this.#indexes.clear();
  }
}

/** The rows that a request has read. Row loaders look here first, so that no row is read twice. */
export class RowCache {
  readonly #tables = new Map<keyof Schema, TableRows>();

  /**
   * Adds rows, with their keys and all the columns that the operation reads of their table. The list is kept, and must not be
   * changed afterwards.
   */
  add(table: keyof Schema, rows: readonly object[]): void {
    this.#of(table).add(rows);
  }

  /** The rows that have been read, by the texts of a unique key. Ask again after more are read. */
  by<T extends keyof Schema>(table: T, key: Key): ReadonlyMap<string, Row<T>> {
    return this.#of(table).by(key) as ReadonlyMap<string, Row<T>>;
  }

  /** Forgets the row with this text of a unique key, or all rows of the table. */
  forget(table: keyof Schema, key: Key, text?: string): void {
    const rows = this.#of(table);
    const forgotten = text === undefined ? undefined : rows.by(key).get(text);
    rows.remove((row) => text === undefined || row === forgotten);
  }

  #of(table: keyof Schema): TableRows {
    let rows = this.#tables.get(table);
    if (!rows) {
      rows = new TableRows();
      this.#tables.set(table, rows);
    }
    return rows;
  }
}
