import type { Schema, TableName } from './schema.ts';

/** The columns of each table that an operation reads; the key is always among them. */
export type Columns = { readonly [T in TableName]: readonly (keyof Schema[T] & string)[] };

/** A foreign key. */
export interface Reference {
  column: string;
  table: TableName;
}

/**
 * The references of each table to preload with its rows: those of tables on which nothing else is selected that would wait
 * for them.
 */
export type References = { readonly [T in TableName]: readonly Reference[] };
