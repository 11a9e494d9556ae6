import type { GraphQLObjectType, GraphQLSchema } from 'graphql';
import type { TableName } from '../../database/schema.ts';
import type { Where } from '../../database/where.ts';
import { PUBLIC, type Roles, type Viewer } from '../../viewer.ts';
import { ownerColumnOf } from '../guards.ts';
import { leastRole } from '../least-role.ts';

type Restriction = Where<TableName> | undefined;

/** The condition for the viewer's own rows of an @owned type; undefined for other types, and for the highest role. */
export function ownRows(owner: string | undefined, viewer: Viewer, roles: Roles): Restriction {
  const key = ownerKey(owner, viewer, roles);
  return key === undefined ? undefined : ({ [owner as string]: key } as Restriction);
}

/** The condition for the rows of a type that exist for the viewer; undefined if all do. */
export function visibleRows(schema: GraphQLSchema, type: GraphQLObjectType, viewer: Viewer, roles: Roles): Restriction {
  const least = leastRole(schema, type);
  if (least && !roles.has(viewer, least)) return { or: [] };
  const owner = ownerColumnOf(schema, type);
  const key = ownerKey(owner, viewer, roles);
  return key === undefined ? undefined : ({ [owner as string]: { in: [key, PUBLIC] } } as Restriction);
}

/** @throws if the viewer could not be identified, since rows may be theirs */
function ownerKey(owner: string | undefined, viewer: Viewer, roles: Roles): string | undefined {
  if (owner === undefined || roles.has(viewer, roles.highest)) return undefined;
  if (viewer.failure) throw viewer.failure;
  return viewer.user?.owner ?? '';
}
