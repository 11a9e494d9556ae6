import { GraphQLID, type GraphQLType, getNamedType } from 'graphql';
import type { KeyText } from '../../database/column-types.ts';
import type { TableName } from '../../database/schema.ts';
import { fromGlobalId, toRowId } from '../../global-id.ts';
import type { ListSource } from './list-inputs.ts';

/** Whether a type is an ID, or a list of IDs. */
export function readsIds(type: GraphQLType): boolean {
  return getNamedType(type) === GraphQLID;
}

/**
 * Converts the global IDs of the rows that a column identifies to keys. Undefined if it is no key and refers to no row of a
 * type.
 * @throws INVALID_INPUT for the ID of another type
 */
export function toKeyOf(
  { types, definitions }: Pick<ListSource, 'types' | 'definitions'>,
  table: TableName,
  column: string,
): ((globalId: string) => KeyText) | undefined {
  const [key, ...others]: readonly string[] = definitions[table].key;
  const references: Readonly<Record<string, string | undefined>> = definitions[table].references;
  const target = column === key && others.length === 0 ? table : references[column];
  const names = Object.keys(types).filter((name) => types[name] === target);
  const [first] = names;
  if (first === undefined) return undefined;
  if (names.length === 1) return (globalId) => toRowId(first, globalId);
  return (globalId) => toRowId(names.find((name) => name === fromGlobalId(globalId).type) ?? first, globalId);
}
