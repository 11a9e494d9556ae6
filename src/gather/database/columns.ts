import type { Schema, TableName } from './schema.ts';

/** The columns of each table that an operation reads; the key is always among them. */
export type Columns = { readonly [T in TableName]: readonly (keyof Schema[T] & string)[] };
