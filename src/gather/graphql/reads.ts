import type { GraphQLField, GraphQLResolveInfo } from 'graphql';
import type { Context } from '../context.ts';

interface ReadingResolver<Row, Args, Result> {
  resolve: (row: Row, args: Args, context: Context, info: GraphQLResolveInfo) => Result;
  extensions: Reading;
}

/** The columns that a field reads of its parent's row. */
export interface Reading {
  reads: readonly string[];
}

/**
 * A resolver with the columns that it reads. The operation selects these, and the row's type has no others. A field
 * without a resolver reads the column of its own name.
 */
export function reads<Row, Column extends keyof Row & string, Args, Result>(
  columns: readonly Column[],
  resolve: (row: Pick<Row, Column>, args: Args, context: Context, info: GraphQLResolveInfo) => Result,
): ReadingResolver<Row, Args, Result> {
  return { resolve, extensions: { reads: columns } };
}

/** The columns that a field reads; undefined properties if its resolver was not made by `reads`. */
export function readingOf({ extensions }: GraphQLField<unknown, unknown>): Partial<Reading> {
  return extensions;
}
