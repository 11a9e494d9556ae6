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
import type { UserError } from '../../smokehouse/generated/schema.ts';
import type { Context } from '../context.ts';
import { GatherError } from '../errors.ts';
import { hasRole, owns, sees, type Viewer } from '../viewer.ts';
import { isGlobalId } from './global-id.ts';
import { leastRole } from './least-role.ts';
import { loadNode } from './node.ts';

export type Resolver = GraphQLFieldResolver<unknown, Context>;

type Field = GraphQLField<unknown, Context>;

/** A row, as far as it matters here. */
interface GuardedRow {
  owner?: string | null;
  /** Where the field may give other types too. */
  __typename?: string;
}

/** Whether a viewer may know of a row of a type. */
type Rule = (viewer: Viewer, row: GuardedRow) => boolean;

/** The rules of types by their names. */
type Rules = ReadonlyMap<string, Rule>;

/** The rules of the types that a field may give, alone or in a list; of those that have any. */
export function rulesOf(schema: GraphQLSchema, field: Field): Rules {
  const type = getNamedType(field.type);
  const types: readonly GraphQLNamedType[] = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  const entries = types.map((it) => [it.name, isObjectType(it) ? ruleOf(schema, it) : undefined] as const);
  return new Map(entries.filter((entry): entry is [string, Rule] => entry[1] !== undefined));
}

/** The names of the arguments that are @owned. */
export function ownArgumentsOf({ args }: Field): string[] {
  return args.filter(isOwned).map(({ name }) => name);
}

/**
 * Gives null in the place of whatever is not for the viewer, as if it were not there. Fails where it may be theirs, and
 * cannot be found out.
 */
export function showAllowed(resolver: Resolver, rules: Rules): Resolver {
  return (parent, args, context, info) => {
    const result = resolver(parent, args, context, info);
    return hasRole(context.viewer, 'STAFF') ? result : shown(result, rules, context.viewer);
  };
}

/**
 * Refuses the ID of something that belongs to somebody else, as if there were nothing with this ID. One that is no ID is
 * left to the resolver.
 * @param isMutation whether it is a `userError`
 */
export function takeOwn(resolver: Resolver, names: readonly string[], isMutation: boolean): Resolver {
  return async (parent, args, context, info) => {
    for (const name of names) {
      if (await isOwn(args[name], context)) continue;
      const message = 'There is nothing of yours with this ID.';
      if (!isMutation) throw new GatherError('NOT_FOUND', message);
      return { userErrors: [{ code: 'NOT_FOUND', message, field: [name] }] satisfies UserError[] };
    }
    return resolver(parent, args, context, info);
  };
}

async function isOwn(id: string, { viewer, loaders }: Context): Promise<boolean> {
  if (hasRole(viewer, 'STAFF') || !isGlobalId(id)) return true;
  const node: GuardedRow | null = await loadNode(id, loaders);
  return node !== null && owns(viewer, node.owner ?? null);
}

function ruleOf(schema: GraphQLSchema, type: GraphQLObjectType): Rule | undefined {
  const least = leastRole(schema, type) ?? 'ANONYMOUS';
  if (isOwned(type)) return (viewer, { owner = null }) => hasRole(viewer, least) && sees(viewer, owner);
  return least === 'ANONYMOUS' ? undefined : (viewer) => hasRole(viewer, least);
}

function shown(value: unknown, rules: Rules, viewer: Viewer): unknown {
  if (value instanceof Promise) return value.then((settled) => shown(settled, rules, viewer));
  if (Array.isArray(value)) return value.map((item) => shown(item, rules, viewer));
  if (typeof value !== 'object' || value === null) return value;
  if (isAllowed(value, rules, viewer)) return value;
  if (viewer.failure) throw viewer.failure;
  return null;
}

/** A row that does not say its type is of the only one that the field gives. */
function isAllowed(row: GuardedRow, rules: Rules, viewer: Viewer): boolean {
  const [only] = rules.values();
  const rule = row.__typename === undefined ? only : rules.get(row.__typename);
  return !rule || rule(viewer, row);
}

function isOwned({ astNode }: Pick<GraphQLNamedType | GraphQLArgument, 'astNode'>): boolean {
  return astNode?.directives?.some(({ name }) => name.value === 'owned') ?? false;
}

/** Whose objects a list is to have: the viewer's; all where that is STAFF. Nobody's where nobody is signed in. */
export function mine(viewer: Viewer): { owner?: string } {
  return hasRole(viewer, 'STAFF') ? {} : { owner: viewer.user?.owner ?? '' };
}
