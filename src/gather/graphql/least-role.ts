import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, getDirectiveValues } from 'graphql';
import type { Role } from '../viewer.ts';

/** The role that @auth requires of a field or a type; undefined if it has none. */
export function leastRole(
  schema: GraphQLSchema,
  { astNode }: Pick<GraphQLField<unknown, unknown> | GraphQLObjectType, 'astNode'>,
): Role | undefined {
  const auth = schema.getDirective('auth');
  return auth && astNode ? (getDirectiveValues(auth, astNode)?.['requires'] as Role | undefined) : undefined;
}
