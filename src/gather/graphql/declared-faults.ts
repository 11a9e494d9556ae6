import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isObjectType,
} from 'graphql';
import type { ForeignKeyColumns } from '../database/foreign-key.ts';
import type { TableName } from '../database/schema.ts';
import { type CheckedSchema, findCursorFaults } from './cursor-faults.ts';
import type { ConnectionOf, DeclaredField, FromService, HasMany, ManyToMany } from './define-type.ts';
import { pairKeys } from './lists/hops.ts';
import { edgeTypeOf, isNode, rowTypeOf } from './lists/row-type.ts';

/** A table definition whose names have not been checked. */
export type AnyDefinition = {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly columns?: Readonly<Record<string, string | undefined>>;
  readonly key: readonly string[];
  readonly types: Readonly<Record<string, unknown>>;
  readonly unique: readonly string[];
  readonly labels?: { readonly [Column in string]?: readonly string[] };
  readonly references: Readonly<Record<string, string | undefined>>;
  readonly foreignKeys?: readonly { readonly columns: readonly string[]; readonly table: string }[];
};

/** The schema, the tables and the services of an application. */
export interface CheckedTables extends CheckedSchema {
  services: Readonly<Record<string, { readonly bulk?: object }>>;
  /** The table behind each type. */
  types: Readonly<Record<string, string>>;
  definitions: ReadonlyMap<string, AnyDefinition>;
}

/** The position of a declared field. */
interface Place {
  type: GraphQLObjectType;
  field: string;
  /** Undefined if the type has no table. */
  definition: AnyDefinition | undefined;
}

/** Checks that a declared field fits its table and its type in the SDL. */
export function findDeclaredFaults(
  checked: CheckedTables,
  { type, field, definition }: Place,
  declared: DeclaredField,
): string[] {
  const place = `${type.name}.${field}`;
  const of = type.getFields()[field];
  if (!of) return [];
  if (declared.kind === 'fromService') return findServiceFaults(checked, place, definition, declared);
  if (declared.kind === 'connectionOf') return findListFaults(checked, type, of, declared);
  if (declared.kind === 'findBy') return findFinderFaults(checked, place, of, declared.table);
  if (!definition)
    return [`${place}: it is declared by a foreign key, but ${type.name} has no table. Add it to \`types\`.`];
  if (declared.kind === 'belongsTo') {
    const target = targetOf(definition, declared.by);
    if (!target) {
      return [
        `${place}: column "${declared.by}" of table ${definition.name} is no foreign key. Correct its \`belongsTo\`.`,
      ];
    }
    return findTargetFaults(checked, place, getNamedType(of.type).name, target);
  }
  const fault =
    declared.kind === 'hasMany'
      ? findForeignKeyFault(checked, definition.name, declared)
      : findPairsFault(checked, definition.name, of, declared);
  if (fault) return [`${place}: ${fault}`];
  return findListFaults(checked, type, of, declared);
}

function findServiceFaults(
  { services }: CheckedTables,
  place: string,
  definition: AnyDefinition | undefined,
  { service, operation, by }: FromService,
): string[] {
  const bulk: object = services[service]?.bulk ?? {};
  const known = Object.hasOwn(bulk, operation);
  const hasColumn = Object.hasOwn(definition?.types ?? {}, by);
  return [
    ...(known ? [] : [`${place}: \`bulk\` of the service ${service} has no ${operation}. Declare it there.`]),
    ...(hasColumn ? [] : [`${place}: no column "${by}" in table ${definition?.name}. Correct its \`fromService\`.`]),
  ];
}

/** The table that a foreign key refers to; undefined if there is no such key. */
function targetOf({ references, foreignKeys = [] }: AnyDefinition, by: ForeignKeyColumns): string | undefined {
  if (typeof by === 'string' && Object.hasOwn(references, by)) return references[by];
  return foreignKeys.find(({ columns }) => columns.join() === by.toString())?.table;
}

type AnyField = GraphQLField<unknown, unknown>;

function findForeignKeyFault({ definitions }: CheckedTables, table: string, { table: children, by }: HasMany) {
  const definition = definitions.get(children);
  if (definition && targetOf(definition, by) === table) return undefined;
  return `column "${by}" of table ${children} does not refer to table ${table}. Correct its \`hasMany\`.`;
}

function findPairsFault({ definitions }: CheckedTables, table: string, field: AnyField, declared: ManyToMany) {
  const { through, table: target } = declared;
  const pairs = definitions.get(through);
  if (!pairs || !pairKeys(declared, table as TableName, Object.fromEntries(definitions) as never)) {
    return `table ${through} does not have one foreign key to ${table} and one to ${target}. Correct its \`manyToMany\`, or name the columns in \`by\` and \`to\`.`;
  }
  const edge = edgeTypeOf(field);
  const unknown = Object.keys(edge?.getFields() ?? {}).find(
    (name) => name !== 'node' && name !== 'cursor' && !Object.hasOwn(pairs.types, name),
  );
  if (unknown === undefined) return undefined;
  return `its edge ${edge?.name} has the field \`${unknown}\`, which is no column of table ${through}. Correct the SDL.`;
}

/** Checks that a list is one of rows of its table, and has arguments and an order that it knows. */
function findListFaults(
  checked: CheckedTables,
  parent: GraphQLObjectType,
  field: AnyField,
  { kind, table, orderBy }: HasMany | ManyToMany | ConnectionOf,
): string[] {
  const place = `${parent.name}.${field.name}`;
  const type = rowTypeOf(field);
  const given = getNamedType(field.type);
  const isPaged = type !== given;
  if (!isPaged && (kind === 'connectionOf' || !isListType(getNullableType(field.type)))) {
    const list = kind === 'connectionOf' ? 'a connection' : 'a connection or a list';
    return [`${place}: ${kind} returns ${list}, but ${given.name} is none: it has no \`nodes\`. Correct the SDL.`];
  }
  const columns = checked.definitions.get(table)?.types ?? {};
  return [
    ...findTargetFaults(checked, place, type.name, table),
    ...findArgumentFaults(place, field, type.name, isPaged),
    ...Object.keys(orderBy)
      .filter((column) => !Object.hasOwn(columns, column))
      .map((column) => `${place}: table ${table} has no column "${column}" to order by. Correct its \`orderBy\`.`),
    ...(isPaged ? findCursorFaults(checked, parent, field, orderBy) : []),
  ];
}

/** Checks the arguments of a list of objects of a type. */
function findArgumentFaults(place: string, { args }: AnyField, type: string, isPaged: boolean): string[] {
  const inputs: Readonly<Record<string, string>> = { where: `${type}Where`, orderBy: `${type}Order` };
  const known = [...Object.keys(inputs), ...(isPaged ? ['first', 'after', 'last', 'before'] : [])];
  return args.flatMap(({ name, type: given }) => {
    if (!known.includes(name)) {
      return [
        `${place}: a list has no argument \`${name}\`, only ${known.join(', ')}. Correct the SDL, or write a resolver.`,
      ];
    }
    const input = getNamedType(given).name;
    if (inputs[name] === undefined || inputs[name] === input) return [];
    return [`${place}: its argument \`${name}\` is of type ${input}. Name it ${inputs[name]} in the SDL.`];
  });
}

/** Checks that a field finds the rows of its table by columns that are unique. */
function findFinderFaults(checked: CheckedTables, place: string, field: AnyField, table: string): string[] {
  const faults = findTargetFaults(checked, place, getNamedType(field.type).name, table);
  const by = getNamedType(field.args.find(({ name }) => name === 'by')?.type);
  if (!isInputObjectType(by) || !by.isOneOf) {
    return [...faults, `${place}: findBy needs the argument \`by\`, an input with @oneOf. Correct the SDL.`];
  }
  const { key = [], unique = [] } = checked.definitions.get(table) ?? {};
  const type = getNamedType(field.type);
  const known = [...unique, ...(key.length === 1 ? key : []), ...(isObjectType(type) && isNode(type) ? ['id'] : [])];
  const unknown = Object.keys(by.getFields()).filter((column) => !known.includes(column));
  return [
    ...faults,
    ...unknown.map(
      (column) => `${by.name}.${column}: table ${table} has no unique column of this name. Correct the SDL.`,
    ),
  ];
}

function findTargetFaults({ types }: CheckedTables, place: string, type: string, table: string): string[] {
  const actual = Object.hasOwn(types, type) ? types[type] : undefined;
  if (actual === table) return [];
  const found = actual === undefined ? `${type}, which has no table` : `${type}, whose table is ${actual}`;
  return [
    `${place}: it returns rows of table ${table}, but the SDL says ${found}. Correct the field, the SDL or \`types\`.`,
  ];
}
