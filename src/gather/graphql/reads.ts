import type { GraphQLField, GraphQLResolveInfo } from 'graphql';
import type { Context } from '../context.ts';
import type { Lead } from '../loaders/leads.ts';

interface ReadingResolver<Row, Args, Result> {
  resolve: (row: Row, args: Args, context: Context, info: GraphQLResolveInfo) => Result;
  extensions: Reading;
}

/** What a field reads. */
export interface Reading {
  /** The columns of its parent's row. */
  reads: readonly string[];
  /** What it asks loaders for. @default not known, if the field has a resolver */
  leads?: readonly Lead[];
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
