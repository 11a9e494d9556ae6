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
import { leastRole } from './least-role.ts';
import { loadNode } from './node.ts';

export type Resolver = GraphQLFieldResolver<unknown, Context>;

type Field = GraphQLField<unknown, Context>;

/** A row, as far as it matters here: the column that says whose it is, and its type where the field may give others too. */
type GuardedRow = Readonly<Record<string, unknown>> & { __typename?: string };

/** Whose a row is; null where it is nobody's. */
type OwnerOf = (row: GuardedRow) => string | null;

/** Whether a viewer may know of a row of a type. */
type Rule = (viewer: Viewer, row: GuardedRow) => boolean;

/** The rules of types by their names. */
type Rules = ReadonlyMap<string, Rule>;

/** The rules of the types that a field may give, alone or in a list; of those that have any. */
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
 * Replaces objects that are not for the viewer with null, as if they did not exist. Fails where one may be theirs, and
 * cannot be found out.
 */
export function showAllowed(resolver: Resolver, roles: Roles, rules: Rules): Resolver {
  return (parent, args, context, info) => {
    const result = resolver(parent, args, context, info);
    return roles.has(context.viewer, roles.highest) ? result : shown(result, rules, context.viewer);
  };
}

/**
 * Refuses the ID of something that belongs to somebody else, as if there were nothing with this ID. One that is no ID is
 * left to the resolver.
 * @param isMutation whether it is a `userError`
 */
export function takeOwn(
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
      const message = 'There is nothing of yours with this ID.';
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
    // What is no ID is the resolver's to refuse.
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
  if (Array.isArray(value)) return value.map((item) => shown(item, rules, viewer));
  if (typeof value !== 'object' || value === null) return value;
  if (isAllowed(value as GuardedRow, rules, viewer)) return value;
  if (viewer.failure) throw viewer.failure;
  return null;
}

/** A row that does not say its type is of the only one that the field gives. */
function isAllowed(row: GuardedRow, rules: Rules, viewer: Viewer): boolean {
  const [only] = rules.values();
  const rule = row.__typename === undefined ? only : rules.get(row.__typename);
  return !rule || rule(viewer, row);
}

/**
 * The column of a type that names the owner of an object; undefined where its objects have none.
 * @throws an error of the program's where the SDL declares @owned without `by`: nothing would be anybody's
 */
export function ownerColumnOf(schema: GraphQLSchema, { name, astNode }: GraphQLObjectType): string | undefined {
  const owned = schema.getDirective('owned');
  const values = owned && astNode ? getDirectiveValues(owned, astNode) : undefined;
  if (!values) return undefined;
  const by: unknown = values['by'];
  if (typeof by === 'string') return by;
  throw new Error(
    `${name} is @owned, by no column: declare \`directive @owned(by: String! = "owner")\` in the schema.`,
  );
}

function toOwner(value: unknown): string | null {
  return value == null ? null : String(value);
}

function hasDirective({ astNode }: GraphQLArgument, directive: string): boolean {
  return astNode?.directives?.some(({ name }) => name.value === directive) ?? false;
}
