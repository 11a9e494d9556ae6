import type { GraphQLObjectType, GraphQLSchema } from 'graphql';
import type { TableName } from '../../database/schema.ts';
import type { Where } from '../../database/where.ts';
import { PUBLIC, type Role, type Roles, type Viewer } from '../../viewer.ts';
import { leastRole } from '../least-role.ts';
import { findOwnerColumn, type OwnerColumn, type TableTypes } from '../owner-column.ts';

type Restriction = Where<TableName> | undefined;

/** Who may see the rows of a type. */
export interface Guard {
  /** The column of their owner, if the type is @owned. */
  readonly owner: OwnerColumn | undefined;
  /** The least role, if the type has @auth. */
  readonly least: Role | undefined;
}

/** The guard of the rows of a type. */
export function guardOf(schema: GraphQLSchema, type: GraphQLObjectType, tables: TableTypes): Guard {
  return { owner: findOwnerColumn(schema, type, tables), least: leastRole(schema, type) };
}

/** The condition for the viewer's own rows of an @owned type, and for no rows of one that they may not see; else undefined. */
export function ownRows(guard: Guard, viewer: Viewer, roles: Roles): Restriction {
  return restrict(guard, viewer, roles, (key) => key);
}

/** The condition for the rows of a type that exist for the viewer; undefined if all do. */
export function visibleRows(guard: Guard, viewer: Viewer, roles: Roles): Restriction {
  return restrict(guard, viewer, roles, (key) => ({ in: key === undefined ? [PUBLIC] : [key, PUBLIC] }));
}

/** @throws if the viewer could not be identified, since they may see the rows */
function restrict(
  { owner, least }: Guard,
  viewer: Viewer,
  roles: Roles,
  toCondition: (key: string | undefined) => unknown,
): Restriction {
  const isHidden = least !== undefined && !roles.has(viewer, least);
  if (!isHidden && (owner === undefined || roles.has(viewer, roles.highest))) return undefined;
  if (viewer.failure) throw viewer.failure;
  if (isHidden || owner === undefined) return { or: [] };
  const condition = toCondition(owner.keyOf(viewer));
  return condition === undefined ? { or: [] } : ({ [owner.name]: condition } as Restriction);
}
