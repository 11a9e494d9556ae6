import { type GraphQLAbstractType, GraphQLError, type GraphQLObjectType, isObjectType } from 'graphql';
import type { Terms } from './collect.ts';
import { printValue } from './print-value.ts';
import type { Field } from './selection.ts';

/**
 * The object type of a name that was given for a value of an abstract type.
 * @throws GraphQLError if it is none of its types
 */
export function toRuntimeType(
  { parentType, name: fieldName, nodes }: Field,
  { schema }: Terms,
  name: unknown,
  abstractType: GraphQLAbstractType,
  value: unknown,
): GraphQLObjectType {
  const position = `field "${parentType}.${fieldName}"`;
  if (name === undefined || name === null)
    throw new GraphQLError(
      `Abstract type "${abstractType}" must resolve to an Object type at runtime for ${position}. Either the "${abstractType}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`,
      { nodes },
    );
  if (typeof name !== 'string')
    throw new GraphQLError(
      `Abstract type "${abstractType}" must resolve to an Object type at runtime for ${position} with value ${printValue(value)}, received "${printValue(name)}", which is not a valid Object type name.`,
    );
  const type = schema.getType(name);
  if (!type)
    throw new GraphQLError(
      `Abstract type "${abstractType}" was resolved to a type "${name}" that does not exist inside the schema.`,
      { nodes },
    );
  if (!isObjectType(type))
    throw new GraphQLError(`Abstract type "${abstractType}" was resolved to a non-object type "${name}".`, { nodes });
  if (!schema.isSubType(abstractType, type))
    throw new GraphQLError(`Runtime Object type "${type}" is not a possible type for "${abstractType}".`, { nodes });
  return type;
}
