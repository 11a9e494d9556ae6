import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getDirectiveValues,
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

export type Resolver = GraphQLFieldResolver<unknown, Context>;

type Field = GraphQLField<unknown, Context>;

/** A row with its owner column, and its type name if the field can return several types. */
type GuardedRow = Readonly<Record<string, unknown>> & { __typename?: string };

/** The owner of a row; null if it has none. */
type OwnerOf = (row: GuardedRow) => string | null;

/** Whether a viewer may see a row. */
type Rule = (viewer: Viewer, row: GuardedRow) => boolean;

/** Rules by type name. */
type Rules = ReadonlyMap<string, Rule>;

/** The rules of the types that a field can return, alone or in a list. */
export function rulesOf(schema: GraphQLSchema, roles: Roles, field: Field): Rules {
  const type = getNamedType(field.type);
  const types: readonly GraphQLNamedType[] = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  const entries = types.map((it) => [it.name, isObjectType(it) ? ruleOf(schema, roles, it) : undefined] as const);
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
  schema: GraphQLSchema,
  resolver: Resolver,
  names: readonly string[],
  isMutation: boolean,
): Resolver {
  const ownerOf: OwnerOf = (row) => {
    const type = schema.getType(row.__typename ?? '');
    return isObjectType(type) ? toOwner(row[ownerColumnOf(schema, type) ?? '']) : null;
  };
  return async (parent, args, context, info) => {
    for (const name of names) {
      if (await isOwn(args[name], ownerOf, context)) continue;
      const message = 'There is no object of yours with this ID.';
      if (!isMutation) throw new GatherError('NOT_FOUND', message);
      return { userErrors: [{ code: 'NOT_FOUND', message, field: [name] }] };
    }
    return resolver(parent, args, context, info);
  };
}

async function isOwn(id: string, ownerOf: OwnerOf, { viewer, loaders, roles }: Context): Promise<boolean> {
  if (roles.has(viewer, roles.highest)) return true;
  try {
    const node = await loadNode(id, loaders);
    return node !== null && roles.owns(viewer, ownerOf(node as GuardedRow));
  } catch (error) {
    // An invalid ID is refused by the resolver.
    if (error instanceof GatherError && error.code === 'INVALID_INPUT') return true;
    throw error;
  }
}

function ruleOf(schema: GraphQLSchema, roles: Roles, type: GraphQLObjectType): Rule | undefined {
  const least = leastRole(schema, type) ?? roles.least;
  const by = ownerColumnOf(schema, type);
  if (by) return (viewer, row) => roles.has(viewer, least) && roles.sees(viewer, toOwner(row[by]));
  return least === roles.least ? undefined : (viewer) => roles.has(viewer, least);
}

function shown(value: unknown, rules: Rules, viewer: Viewer): unknown {
  if (value instanceof Promise) return value.then((settled) => shown(settled, rules, viewer));
  if (Array.isArray(value)) return value.map((element) => shown(element, rules, viewer));
  if (typeof value !== 'object' || value === null) return value;
  if (isAllowed(value as GuardedRow, rules, viewer)) return value;
  if (viewer.failure) throw viewer.failure;
  return null;
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

/**
 * The column of a type that holds an object's owner; undefined if its objects have none.
 * @throws Error if the SDL declares @owned without `by`: no object would have an owner
 */
export function ownerColumnOf(schema: GraphQLSchema, { name, astNode }: GraphQLObjectType): string | undefined {
  const owned = schema.getDirective('owned');
  const values = owned && astNode ? getDirectiveValues(owned, astNode) : undefined;
  if (!values) return undefined;
  const by: unknown = values['by'];
  if (typeof by === 'string') return by;
  throw new Error(
    `${name} is @owned, but by no column: declare \`directive @owned(by: String! = "owner")\` in the schema.`,
  );
}

function toOwner(value: unknown): string | null {
  return value == null ? null : String(value);
}

function hasDirective({ astNode }: GraphQLArgument, directive: string): boolean {
  return astNode?.directives?.some(({ name }) => name.value === directive) ?? false;
}
