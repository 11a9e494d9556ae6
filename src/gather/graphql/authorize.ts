import { defaultFieldResolver, type GraphQLField, isObjectType } from 'graphql';
import type { Context } from '../context.ts';
import type { Role, Roles } from '../viewer.ts';
import type { ResolveAll } from './execution/selection.ts';
import {
  type Guarded,
  hideAllForbidden,
  hideForbidden,
  ownArgumentsOf,
  type Resolver,
  requireOwn,
  rulesOf,
} from './guards.ts';
import { leastRole } from './least-role.ts';
import { refuseRole } from './refuse-role.ts';

/**
 * Wraps the resolvers of a schema in the rules of @auth and @owned; nothing else enforces them. Lists select only the
 * viewer's rows, so that their pages are right; other users' rows that get this far are hidden here.
 */
export function authorize(guarded: Guarded): void {
  const { schema, roles } = guarded;
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const isMutation = type === schema.getMutationType();
    for (const field of Object.values<GraphQLField<unknown, Context>>(type.getFields())) {
      if (!field.resolve) field.extensions = { ...field.extensions, leads: [] };
      const { resolveAll, ...extensions } = field.extensions as { resolveAll?: ResolveAll };
      const rules = rulesOf(guarded, field);
      if (rules.size > 0) {
        field.resolve = hideForbidden(resolverOf(field), roles, rules);
        if (resolveAll) field.extensions = { ...extensions, resolveAll: hideAllForbidden(resolveAll, roles, rules) };
      }
      const own = ownArgumentsOf(field);
      const entry = field.subscribe ? 'subscribe' : 'resolve';
      if (own.length > 0) field[entry] = requireOwn(guarded, field[entry] ?? resolverOf(field), own, isMutation);
      const least = leastRole(schema, field);
      // Only `resolve` and `subscribe` are wrapped to refuse.
      if (own.length > 0 || least || isMutation) field.extensions = extensions;
      if (least || isMutation) field[entry] = requireRole(field[entry] ?? resolverOf(field), roles, least);
    }
  }
}

function resolverOf({ resolve }: GraphQLField<unknown, Context>): Resolver {
  return resolve ?? defaultFieldResolver;
}

/** @param least if undefined, nobody may */
function requireRole(resolver: Resolver, roles: Roles, least: Role | undefined): Resolver {
  return (parent, args, context, info) => {
    const { viewer } = context;
    if (least && roles.has(viewer, least)) return resolver(parent, args, context, info);
    throw refuseRole(viewer, roles, least);
  };
}
