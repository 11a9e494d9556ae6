import type { Schema, TableName } from './schema.ts';

/** The columns of each table that an operation reads; the key is always among them. */
export type Columns = { readonly [T in TableName]: readonly (keyof Schema[T] & string)[] };

/** A column that holds the key of a row of another table. */
export interface Reference {
  column: string;
  table: TableName;
}

/**
 * The references of each table to preload with its rows: nothing else is selected on the table that would wait for them.
 */
export type References = { readonly [T in TableName]: readonly Reference[] };
