import {
  type GraphQLArgument,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { createSchema } from 'graphql-yoga';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { fields } from '../monitoring/channels.ts';
import type { Role, Roles } from '../viewer.ts';
import { authorize } from './authorize.ts';
import { connectionResolvers, edgeResolvers } from './connections.ts';
import { toIdResolution, toResolution } from './declared-fields.ts';
import { isDeclared } from './define-type.ts';
import { enumLabels } from './enum-labels.ts';
import { keepAbsent } from './keep-absent.ts';
import { leastRole } from './least-role.ts';
import type { RowsOfType } from './lists/connection-of.ts';
import { readsIds } from './lists/ids.ts';
import { type Guard, guardOf } from './lists/own-rows.ts';
import { edgeTypeOf, rowTypeOf } from './lists/row-type.ts';
import type { TableTypes } from './owner-column.ts';
import { publishFields } from './publish-fields.ts';
import type { TypeRegistry } from './types.ts';

/** Resolvers by type and field. */
type ResolverMap = Readonly<Record<string, object>>;

/** The parts of a schema. */
export interface SchemaSource {
  sdl: string;
  types: TypeRegistry;
  definitions: Definitions;
  roles: Roles;
  /** The engine's resolvers; those of fields that the SDL lacks are ignored. */
  engineResolvers: ResolverMap;
  /** The application's resolvers, which override the engine's. */
  resolvers: ResolverMap;
}

/**
 * Creates the schema of an SDL, its resolvers wrapped in authorization and in checks of conditions.
 * @throws GraphQLError if the SDL is invalid, Error if a declared field has no table or no foreign key
 */
export function createAppSchema(source: SchemaSource): GraphQLSchema {
  const bare = createSchema({ typeDefs: source.sdl });
  const schema = createSchema({ typeDefs: source.sdl, resolvers: toResolvers(bare, source) as never });
  keepAbsent(schema);
  if (fields.hasSubscribers) publishFields(schema);
  authorize({ schema, roles: source.roles, tables: source });
  return schema;
}

/** The tables of the types that implement Node. */
export function nodeTypesOf(schema: GraphQLSchema, types: TypeRegistry): ReadonlyMap<string, TableName> {
  const node = schema.getType('Node');
  const nodes = isInterfaceType(node) ? schema.getPossibleTypes(node).map(({ name }) => name) : [];
  return new Map(Object.entries(types).filter(([name]) => nodes.includes(name)));
}

/** Merges the derived resolvers, the engine's and the application's. */
export function toResolvers(schema: GraphQLSchema, source: SchemaSource): ResolverMap {
  const { engineResolvers, resolvers } = source;
  const names = new Set([...Object.keys(schema.getTypeMap()), ...Object.keys(resolvers)]);
  const all: Record<string, object> = enumLabels(schema, (type) => {
    const table = Object.hasOwn(source.types, type) ? source.types[type] : undefined;
    return table && source.definitions[table].labels;
  });
  for (const name of names) {
    // Their conditions are no resolvers: `WhereInputs` reads them.
    if (isInputObjectType(schema.getType(name))) continue;
    const own = Object.hasOwn(resolvers, name) ? resolvers[name] : undefined;
    const engine = Object.hasOwn(engineResolvers, name)
      ? declaredFields(schema, name, engineResolvers[name])
      : undefined;
    const fields = {
      ...derivedFields(schema, name, source),
      ...engine,
      ...(own && toFields(schema, name, own, source)),
    };
    if (isScalar(own ?? engine)) all[name] = own ?? engine ?? {};
    else if (Object.keys(fields).length > 0) all[name] = fields;
  }
  return all;
}

/** The resolvers of `Node.id` and of the fields of connections and edges. */
function derivedFields(schema: GraphQLSchema, name: string, { types, definitions }: SchemaSource): object {
  const type = schema.getType(name);
  if (!isObjectType(type)) return {};
  if (name.endsWith('Connection')) return declaredFields(schema, name, connectionResolvers);
  if (name.endsWith('Edge')) return declaredFields(schema, name, edgeResolvers);
  const isNode = type.getInterfaces().some((it) => it.name === 'Node');
  const table = Object.hasOwn(types, name) ? types[name] : undefined;
  return isNode && table !== undefined ? { id: toIdResolution(name, definitions[table].key) } : {};
}

/** The resolvers of fields that the SDL declares. */
function declaredFields(schema: GraphQLSchema, name: string, fields: object | undefined): object {
  const type = schema.getType(name);
  if (!fields || isScalar(fields)) return fields ?? {};
  const declared = isObjectType(type) ? type.getFields() : {};
  return Object.fromEntries(Object.entries(fields).filter(([field]) => Object.hasOwn(declared, field)));
}

function toFields(schema: GraphQLSchema, type: string, fields: object, source: SchemaSource): object {
  if (isScalar(fields)) return {};
  const { types, definitions } = source;
  const entries = Object.entries(fields).map(([name, field]) => {
    if (!isDeclared(field)) return [name, field];
    return [name, toResolution(field, { type, name, rows: rowsOf(schema, type, name, source), types, definitions })];
  });
  return Object.fromEntries(entries);
}

const UNGUARDED: Guard = { owner: undefined, least: undefined };

/** The rows that a field returns. */
function rowsOf(schema: GraphQLSchema, type: string, name: string, tables: TableTypes): RowsOfType {
  const parent = schema.getType(type);
  const field = isObjectType(parent) ? parent.getFields()[name] : undefined;
  if (!field) throw new Error(`${type}.${name} is declared, but the SDL has no such field.`);
  const rowType = rowTypeOf(field);
  const edge = edgeTypeOf(field);
  return {
    type: rowType.name,
    guard: isObjectType(rowType) ? guardOf(schema, rowType, tables) : UNGUARDED,
    readers: isObjectType(rowType) ? readersOf(schema, rowType) : new Map(),
    ids: idsOf(field.args.find((argument) => argument.name === 'by')),
    isPaged: rowType !== getNamedType(field.type),
    edgeFields: edge ? Object.keys(edge.getFields()) : [],
  };
}

/** The least roles that may read the fields of a type, of those with @auth. */
function readersOf(schema: GraphQLSchema, type: GraphQLObjectType): ReadonlyMap<string, Role> {
  const all = Object.values(type.getFields()).map((field) => [field.name, leastRole(schema, field)] as const);
  return new Map(all.filter((entry): entry is readonly [string, Role] => entry[1] !== undefined));
}

/** The fields of an argument that are IDs. */
function idsOf(argument: GraphQLArgument | undefined): string[] {
  const input = argument && getNamedType(argument.type);
  if (!isInputObjectType(input)) return [];
  return Object.values(input.getFields())
    .filter((field) => readsIds(field.type))
    .map((field) => field.name);
}

function isScalar(fields: object | undefined): boolean {
  return fields !== undefined && 'serialize' in fields;
}
