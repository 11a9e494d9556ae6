import type { CacheMap } from 'dataloader';
import type { Schema } from '../database/schema.ts';
import type { Row } from '../database/table-definition.ts';

/** The rows of a table by the values of one column. */
interface Index {
  rows: Map<string, object>;
  /** How many of the table's rows it has. */
  size: number;
}

/** The rows of one table. An index is built when a column is first looked up: most rows of a list never are. */
class TableRows {
  #rows: object[] = [];
  readonly #indexes = new Map<string, Index>();

  add(rows: readonly object[]): void {
    for (const row of rows) this.#rows.push(row);
  }

  find(column: string, value: string): object | undefined {
    let index = this.#indexes.get(column);
    if (!index) {
      index = { rows: new Map(), size: 0 };
      this.#indexes.set(column, index);
    }
    for (; index.size < this.#rows.length; index.size++) {
      const row = this.#rows[index.size] as Readonly<Record<string, unknown>>;
      const key = row[column];
      if (key !== undefined && key !== null) index.rows.set(String(key), row);
    }
    return index.rows.get(value);
  }

  remove(isRemoved: (row: object) => boolean): void {
    this.#rows = this.#rows.filter((row) => !isRemoved(row));
    this.#indexes.clear();
  }
}

/** The rows that a request has read. Row loaders look here first, so that no row is read twice. */
export class RowCache {
  readonly #tables = new Map<keyof Schema, TableRows>();

  /** Adds rows, with their keys and all the columns that the operation reads of their table. */
  add(table: keyof Schema, rows: readonly object[]): void {
    this.#of(table).add(rows);
  }

  /** The row with this value of a unique column, if it has been read. */
  find<T extends keyof Schema>(table: T, column: string, value: string): Row<T> | undefined {
    return this.#of(table).find(column, value) as Row<T> | undefined;
  }

  /** The cache of a row loader. What is cleared there is removed here. */
  cacheOf<T extends keyof Schema>(table: T, column: string): CacheMap<string, Promise<Row<T>>> {
    const rows = this.#of(table);
    const promises = new Map<string, Promise<Row<T>>>();
    return {
      get: (key) => {
        const promise = promises.get(key);
        if (promise) return promise;
        const row = rows.find(column, key);
        if (!row) return undefined;
        const found = Promise.resolve(row as Row<T>);
        promises.set(key, found);
        return found;
      },
      set: (key, promise) => promises.set(key, promise),
      delete: (key) => {
        const cleared = rows.find(column, key);
        rows.remove((row) => row === cleared);
        return promises.delete(key);
      },
      clear: () => {
        rows.remove(() => true);
        promises.clear();
      },
    };
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
