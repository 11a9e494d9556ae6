import type { Schema } from './schema.ts';

/** The columns of each table that an operation reads; the key is always among them. */
export type Columns = { readonly [T in keyof Schema]: readonly (keyof Schema[T] & string)[] };
