import type { GraphQLField, GraphQLResolveInfo } from 'graphql';
import type { Context } from '../context.ts';
import type { TableName } from '../database/schema.ts';

interface ReadingResolver<Row, Args, Result> {
  resolve: (row: Row, args: Args, context: Context, info: GraphQLResolveInfo) => Result;
  extensions: Reading;
}

/** What a field reads of its parent's row. */
export interface Reading {
  reads: readonly string[];
  /** The table whose row the column refers to, where the field is just that row. */
  refersTo?: TableName;
}

/**
 * A resolver together with the columns that it reads: the operation selects these and, as far as TypeScript is
 * concerned, the row has no others. A field without a resolver reads the column of its own name.
 */
export function reads<Row, Column extends keyof Row & string, Args, Result>(
  columns: readonly Column[],
  resolve: (row: Pick<Row, Column>, args: Args, context: Context, info: GraphQLResolveInfo) => Result,
): ReadingResolver<Row, Args, Result> {
  return { resolve, extensions: { reads: columns } };
}

/** What a field reads of its parent's row; undefined where it has no resolver made here. */
export function readingOf({ extensions }: GraphQLField<unknown, unknown>): Partial<Reading> {
  return extensions;
}
