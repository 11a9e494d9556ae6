import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';
import type { Roles } from '../viewer.ts';
import { leastRole } from './least-role.ts';
import { rowTypeOf } from './lists/row-type.ts';

/** A schema, and the roles of its @auth. */
export interface CheckedSchema {
  schema: GraphQLSchema;
  roles: Roles;
}

/**
 * Checks that the cursors of a declared connection show nobody what the SDL hides: they hold the values of the columns that
 * it orders by. A column without a field is the application's own decision.
 * @param parent the type of the field
 */
export function findCursorFaults(
  { schema, roles }: CheckedSchema,
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  orderBy: object,
): string[] {
  const row = rowTypeOf(field);
  if (!isObjectType(row)) return [];
  const ofList = [parent, field, row].map((it) => leastRole(schema, it));
  return Object.keys(orderBy).flatMap((column) => {
    const shown = row.getFields()[column];
    const least = shown && leastRole(schema, shown);
    if (least === undefined || ofList.some((role) => role !== undefined && roles.has({ role }, least))) return [];
    const place = `${parent.name}.${field.name}`;
    return [
      `${place}: its cursors hold the column "${column}" that it orders by, but ${row.name}.${column} requires ${least}. Order by another column, or let ${place} require ${least} too.`,
    ];
  });
}
