import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import type { Context } from '../context.ts';
import { GatherError } from '../errors.ts';
import type { Roles, Viewer } from '../viewer.ts';
import type { ResolveAll } from './execution/selection.ts';
import { leastRole } from './least-role.ts';
import { loadNode } from './node.ts';
import { findOwnerColumn, type OwnerColumn, type TableTypes } from './owner-column.ts';

export type Resolver = GraphQLFieldResolver<unknown, Context>;

type Field = GraphQLField<unknown, Context>;

/** A row with its owner column, and its type name if the field can return several types. */
type GuardedRow = Readonly<Record<string, unknown>> & { __typename?: string };

/** The column with the owner of a row; undefined if it has none. */
type ColumnOf = (row: GuardedRow) => OwnerColumn | undefined;

/** Whether a viewer without the highest role may see a row. */
type Rule = (viewer: Viewer, row: GuardedRow) => boolean;

/** Rules by type name. */
type Rules = ReadonlyMap<string, Rule>;

/** What the rules are derived from. */
export interface Guarded {
  schema: GraphQLSchema;
  roles: Roles;
  tables: TableTypes;
}

/** The rules of the types that a field can return, alone or in a list. */
export function rulesOf({ schema, roles, tables }: Guarded, field: Field): Rules {
  const type = getNamedType(field.type);
  const types: readonly GraphQLNamedType[] = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  const entries = types.map(
    (it) => [it.name, isObjectType(it) ? ruleOf({ schema, roles, tables }, it) : undefined] as const,
  );
  return new Map(entries.filter((entry): entry is [string, Rule] => entry[1] !== undefined));
}

/** The names of the arguments that are @owned. */
export function ownArgumentsOf({ args }: Field): string[] {
  return args.filter((argument) => hasDirective(argument, 'owned')).map(({ name }) => name);
}

/**
 * Wraps a resolver to replace objects that the viewer may not see with null, as if they did not exist. Throws if the
 * viewer could not be identified, since an object may be theirs.
 */
export function hideForbidden(resolver: Resolver, roles: Roles, rules: Rules): Resolver {
  return (parent, args, context, info) => {
    const result = resolver(parent, args, context, info);
    return roles.has(context.viewer, roles.highest) ? result : shown(result, rules, context.viewer);
  };
}

/** Like `hideForbidden`, for all objects of a field at once. */
export function hideAllForbidden(resolveAll: ResolveAll, roles: Roles, rules: Rules): ResolveAll {
  return async (parents, args, context, info) => {
    const { viewer } = context as Context;
    const results = await resolveAll(parents, args, context, info);
    return roles.has(viewer, roles.highest) ? results : results.map((result) => shownOrError(result, rules, viewer));
  };
}

/**
 * Wraps a resolver to refuse the IDs of other users' objects, as if there were no such object. Invalid IDs are left to
 * the resolver.
 * @param names the arguments with the IDs
 * @param isMutation whether to refuse with a `userError`
 */
export function requireOwn(
  { schema, tables }: Guarded,
  resolver: Resolver,
  names: readonly string[],
  isMutation: boolean,
): Resolver {
  const columnOf: ColumnOf = (row) => {
    const type = schema.getType(row.__typename ?? '');
    return isObjectType(type) ? findOwnerColumn(schema, type, tables) : undefined;
  };
  return async (parent, args, context, info) => {
    for (const name of names) {
      if (await isOwn(args[name], columnOf, context)) continue;
      const message = 'There is no object of yours with this ID.';
      if (!isMutation) throw new GatherError('NOT_FOUND', message);
      return { userErrors: [{ code: 'NOT_FOUND', message, field: [name] }] };
    }
    return resolver(parent, args, context, info);
  };
}

async function isOwn(id: string, columnOf: ColumnOf, { viewer, loaders, roles }: Context): Promise<boolean> {
  if (roles.has(viewer, roles.highest)) return true;
  try {
    const node = (await loadNode(id, loaders)) as GuardedRow | null;
    return node !== null && columnOf(node)?.isOwn(viewer, node) === true;
  } catch (error) {
    // An invalid ID is refused by the resolver.
    if (error instanceof GatherError && error.code === 'INVALID_INPUT') return true;
    throw error;
  }
}

function ruleOf({ schema, roles, tables }: Guarded, type: GraphQLObjectType): Rule | undefined {
  const least = leastRole(schema, type) ?? roles.least;
  const owner = findOwnerColumn(schema, type, tables);
  if (owner) return (viewer, row) => roles.has(viewer, least) && (owner.isPublic(row) || owner.isOwn(viewer, row));
  return least === roles.least ? undefined : (viewer) => roles.has(viewer, least);
}

function shown(value: unknown, rules: Rules, viewer: Viewer): unknown {
  if (value instanceof Promise) return value.then((settled) => shown(settled, rules, viewer));
  if (Array.isArray(value)) return value.map((element) => shown(element, rules, viewer));
  if (typeof value !== 'object' || value === null) return value;
  if (Symbol.asyncIterator in value) return eachShown(value as AsyncIterable<unknown>, rules, viewer);
  if (isAllowed(value as GuardedRow, rules, viewer)) return value;
  if (viewer.failure) throw viewer.failure;
  return null;
}

async function* eachShown(values: AsyncIterable<unknown>, rules: Rules, viewer: Viewer): AsyncGenerator<unknown> {
  for await (const value of values) yield shown(value, rules, viewer);
}

function shownOrError(value: unknown, rules: Rules, viewer: Viewer): unknown {
  try {
    return value instanceof Error ? value : shown(value, rules, viewer);
  } catch (error) {
    return error;
  }
}

/** A row without a type name is of the only type that the field returns. */
function isAllowed(row: GuardedRow, rules: Rules, viewer: Viewer): boolean {
  const [only] = rules.values();
  const rule = row.__typename === undefined ? only : rules.get(row.__typename);
  return !rule || rule(viewer, row);
}

function hasDirective({ astNode }: GraphQLArgument, directive: string): boolean {
  return astNode?.directives?.some(({ name }) => name.value === directive) ?? false;
}
