import type { Schema } from './schema.ts';

/** The columns of each table that an operation reads; the key is always among them. */
export type Columns = { readonly [T in keyof Schema]: readonly (keyof Schema[T] & string)[] };

/** The tables whose rows are loaded by their key. */
export type ReferredTable = Exclude<keyof Schema, 'orderLine' | 'dailyStatistics' | 'upload' | 'user' | 'session'>;

/** A column that holds the key of a row of another table. */
export interface Reference {
  column: string;
  table: ReferredTable;
}

/**
 * The references of each table whose rows are to be read together with the table's own, because nothing else of it is
 * asked for that would have to wait meanwhile.
 */
export type References = { readonly [T in keyof Schema]: readonly Reference[] };
