import type { GraphQLFieldExtensions, GraphQLResolveInfo } from 'graphql';
import type { Context } from '../context.ts';

interface ReadingResolver<Row, Args, Result> {
  resolve: (row: Row, args: Args, context: Context, info: GraphQLResolveInfo) => Result;
  extensions: { reads: readonly string[] };
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

/** The columns that `reads` was given for a field; undefined where the field has no such resolver. */
export function columnsReadBy(extensions: GraphQLFieldExtensions<unknown, unknown>): readonly string[] | undefined {
  return extensions['reads'] as readonly string[] | undefined;
}
