import { type GraphQLObjectType, type GraphQLSchema, isInputObjectType, isObjectType, isScalarType } from 'graphql';
import { createSchema } from 'graphql-yoga';
import type { App } from './app.ts';
import { withClient } from './database/client.ts';
import { toGatherError } from './database/errors.ts';
import { findColumns } from './database/find-columns.ts';
import type { EngineSchemas } from './database/schemas.ts';
import { type Definitions, toDefinitions } from './database/tables.ts';
import { engineResolvers } from './engine-resolvers.ts';
import { AppError } from './errors.ts';
import { type AnyDefinition, type CheckedTables, findDeclaredFaults } from './graphql/declared-faults.ts';
import { isDeclared } from './graphql/define-type.ts';
import { labelledEnums, toEnumName, toLabel } from './graphql/enum-labels.ts';
import { leastRole } from './graphql/least-role.ts';
import { ListInputs } from './graphql/lists/list-inputs.ts';
import { OWNER_TYPES, ownerColumnOf } from './graphql/owner-column.ts';
import { findSdlFaults } from './graphql/sdl.ts';

/** The engine's tables that a database should have. */
interface ExpectedTables extends Pick<EngineSchemas, 'engineSchema'> {
  /** @default true */
  hasEngineTables?: boolean | undefined;
}

interface Checked extends CheckedTables {
  app: App;
  inputs: ListInputs;
}

/** A server and a worker of one process check the same application. */
const sound = new WeakSet<App>();
const RESOLVE_TYPE = /^__/;
const DERIVED = /(Connection|Edge)$/;

/**
 * Checks that everything in an application's SDL can be resolved, as far as that can be told without a database.
 * @throws AppError naming every fault at once
 */
export function assertSound(app: App): void {
  if (sound.has(app)) return;
  throwFaults(app, findFaults(app));
  sound.add(app);
}

/**
 * Checks that a database has the tables and columns that the application's code was generated from. Read-only.
 * @throws AppError naming every fault at once; DATABASE_UNAVAILABLE or DATABASE_TIMEOUT
 */
export async function assertFits(
  app: App,
  databaseUrl: string,
  { engineSchema, hasEngineTables = true }: ExpectedTables,
  signal?: AbortSignal,
): Promise<void> {
  const found = await withClient(databaseUrl, findColumns, signal).catch((error) => {
    throw toGatherError(error);
  });
  const { tables } = app.database;
  const expected = hasEngineTables ? toDefinitions(tables, engineSchema) : tables;
  const faults = Object.values<AnyDefinition>(expected).flatMap((table) => {
    const place = `${table.schema}.${table.table}`;
    const columns = found.get(place);
    if (!columns) return [`Table ${table.name}: the database has no ${place}. ${STALE}`];
    const named = Object.keys(table.types).map((column) => table.columns?.[column] ?? column);
    const missing = named.filter((column) => !columns.has(column));
    return missing.map((column) => `Table ${table.name}: the database has no column "${column}" in ${place}. ${STALE}`);
  });
  throwFaults(app, faults);
}

const STALE = 'Run `migrate`, or, if the database is right, `npm run codegen`.';

function throwFaults({ name }: App, faults: readonly string[]): void {
  if (faults.length === 0) return;
  throw new AppError(`${name} cannot run`, faults);
}

/** Messages, each with the place to fix. */
function findFaults(app: App): string[] {
  const invalid = findSdlFaults(app.sdl, app.schema);
  if (invalid.length > 0) return invalid.map((fault) => `${fault} Correct the SDL.`);
  const schema = createSchema({ typeDefs: app.sdl });
  const definitions = toDefinitions(app.database.tables, 'gather') as Definitions & Record<string, AnyDefinition>;
  const inputs = new ListInputs({ ...app, schema, definitions });
  const checked: Checked = {
    app,
    schema,
    roles: app.roles,
    types: app.types,
    services: app.services as CheckedTables['services'],
    definitions: new Map(Object.entries(definitions)),
    inputs,
  };
  const unknownRoles = findRoleFaults(schema);
  // The other checks read the roles.
  if (unknownRoles.length > 0) return unknownRoles;
  return [
    ...findTypeFaults(checked),
    ...findFieldFaults(checked),
    ...findInputFaults(checked),
    ...findEnumFaults(checked),
    ...findResolverFaults(checked),
    ...findMutationFaults(checked),
    ...findNamesakes(app),
  ];
}

/** Checks that @auth names roles of the SDL. */
function findRoleFaults(schema: GraphQLSchema): string[] {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const places = types.flatMap((type) => {
    const fields = Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const);
    return [[type.name, type] as const, ...fields];
  });
  return places.flatMap(([place, guarded]) => {
    try {
      leastRole(schema, guarded);
      return [];
    } catch (error) {
      return [`${place}: ${(error as Error).message} Add it to \`enum Role\`, or correct the SDL.`];
    }
  });
}

/** Checks that each type in `types` is in the SDL and its table exists. The SDL need not have the engine's types. */
function findTypeFaults({ app, schema, definitions }: Checked): string[] {
  return Object.entries(app.types).flatMap(([type, table]) => {
    if (!definitions.has(table)) return [`${type}: there is no table ${table}. Correct \`types\`, or ${MIGRATE}.`];
    if (table.startsWith('gather.') || isObjectType(schema.getType(type))) return [];
    return [`${type}: the SDL has no such type. Add it there, or remove it from \`types\`.`];
  });
}

const MIGRATE = 'add a migration and run `npm run codegen`';

/** Checks that each field of a table's type, and of the root types, has a column or a resolver. */
function findFieldFaults(checked: Checked): string[] {
  const { schema } = checked;
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const all = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'));
  return all.filter(isObjectType).flatMap((type) => {
    const definition = definitionOf(checked, type.name);
    if (definition) return findColumnFaults(checked, type, definition);
    return Object.keys(type.getFields()).flatMap((field) => {
      const resolver = resolverOf(checked, type.name, field);
      if (isDeclared(resolver)) return findDeclaredFaults(checked, { type, field, definition }, resolver);
      if (resolver !== undefined || !roots.includes(type)) return [];
      return [`${type.name}.${field}: no resolver. Add one to \`resolvers.${type.name}\`.`];
    });
  });
}

function findColumnFaults(checked: Checked, type: GraphQLObjectType, definition: AnyDefinition): string[] {
  const { name, types } = definition;
  const faults = Object.keys(type.getFields()).flatMap((field) => {
    const place = `${type.name}.${field}`;
    const resolver = resolverOf(checked, type.name, field);
    if (isDeclared(resolver)) return findDeclaredFaults(checked, { type, field, definition }, resolver);
    if (resolver === undefined) {
      const isDerived = field === 'id' && type.getInterfaces().some((it) => it.name === 'Node');
      if (isDerived || Object.hasOwn(types, field)) return [];
      return [
        `${place}: no column "${field}" in table ${name} and no resolver.${suggestion(field, types)} Add the field to defineType('${type.name}', …), or ${MIGRATE}.`,
      ];
    }
    return columnsRead(resolver)
      .filter((column) => !Object.hasOwn(types, column))
      .map((column) => {
        return `${place}: it reads the column "${column}", which table ${name} lacks.${suggestion(column, types)} Correct its \`reads\`.`;
      });
  });
  return [...faults, ...findOwnerFaults(checked, type, definition)];
}

/** Names the column that is spelled differently in the code, such as `customerId` for `customer_id`. */
function suggestion(name: string, types: object): string {
  const plain = (it: string) => it.replaceAll('_', '').toLowerCase();
  const found = Object.keys(types).find((column) => plain(column) === plain(name));
  return found === undefined ? '' : ` Did you mean "${found}"?`;
}

function findOwnerFaults({ app, schema }: Checked, type: GraphQLObjectType, { name, types }: AnyDefinition): string[] {
  const owner = ownerColumnOf(schema, type);
  if (owner === undefined) return [];
  const place = `${type.name}: @owned(by: "${owner}")`;
  const found = Object.hasOwn(types, owner) ? String(types[owner]) : undefined;
  if (found === undefined) {
    return [`${place} names no column of table ${name}.${suggestion(owner, types)} Correct it in the SDL.`];
  }
  if (!OWNER_TYPES.has(found)) {
    return [`${place} names a column of type ${found}. Expected one of ${[...OWNER_TYPES].join(', ')}.`];
  }
  if (app.roles.signedIn !== app.roles.highest) return [];
  return [
    `${place} has no effect: everybody who signs in has the last role, ${app.roles.highest}, which sees the objects of all. Add a role before it to \`enum Role\`.`,
  ];
}

/** Checks the conditions and orders of types with a table. */
function findInputFaults({ app, schema, definitions, inputs }: Checked): string[] {
  const seen = new Set<string>();
  return Object.entries(app.types).flatMap(([name, table]) => {
    const [type, where, order] = [name, `${name}Where`, `${name}Order`].map((it) => schema.getType(it));
    if (!isObjectType(type) || !definitions.has(table)) return [];
    return [
      ...(isInputObjectType(where) ? inputs.wheres.faultsOf(where, type, seen) : []),
      ...(isInputObjectType(order) ? inputs.orders.faultsOf(order, type) : []),
    ];
  });
}

/** Checks that the enums of the SDL have the values of the database's. */
function findEnumFaults(checked: Checked): string[] {
  const all = labelledEnums(checked.schema, (type) => definitionOf(checked, type)?.labels);
  return all.flatMap(({ place, type, labels }) => {
    const values = type.getValues().map(({ name }) => name);
    const unknown = values.filter((value) => toLabel(value, labels) === undefined);
    const missing = labels.filter((label) => !values.some((value) => toLabel(value, labels) === label));
    return [
      ...unknown.map(
        (value) => `${place}: ${type.name}.${value} is no label of its column: ${labels.join(', ')}. Correct the SDL.`,
      ),
      ...missing.map(
        (label) => `${place}: ${type.name} has no value for the label "${label}". Add ${toEnumName(label)}.`,
      ),
    ];
  });
}

/** Checks that the SDL has every type and field with a resolver. */
function findResolverFaults({ app, schema }: Checked): string[] {
  return Object.entries(app.resolvers).flatMap(([name, fields]) => {
    const type = schema.getType(name);
    if (!type) return [`${name}: it has resolvers, but the SDL has no such type. Remove it from \`resolvers\`.`];
    if (!isObjectType(type) && !isInputObjectType(type)) return [];
    const declared = type.getFields();
    return Object.keys(fields)
      .filter((field) => !RESOLVE_TYPE.test(field) && !Object.hasOwn(declared, field))
      .map(
        (field) =>
          `${name}.${field}: it has a resolver, but the SDL has no such field. Add it there, or delete it here.`,
      );
  });
}

function findMutationFaults({ schema }: Checked): string[] {
  return Object.values(schema.getMutationType()?.getFields() ?? {})
    .filter((field) => leastRole(schema, field) === undefined)
    .map(({ name }) => `Mutation.${name}: nobody may call it. Say who may with @auth(requires: …) in the SDL.`);
}

/** Checks that no two tasks, schedules or loaders have the same name. */
function findNamesakes({ tasks, schedules, loaders, database }: App): string[] {
  const names = (all: readonly { name: string }[]) => all.map(({ name }) => name);
  const loaderNames = [...Object.keys(database.rowLoaders), ...Object.keys(loaders)];
  return [
    ...repeated(names(tasks)).map((name) => `Task ${name}: there are two with this name. Rename one.`),
    ...repeated(names(schedules)).map((name) => `Schedule ${name}: there are two with this name. Rename one.`),
    ...repeated(loaderNames).map((name) => `Loader ${name}: one with this name is generated. Rename yours.`),
  ];
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function definitionOf({ app, definitions }: Checked, type: string): AnyDefinition | undefined {
  const table = app.tableOf(type);
  return table === undefined ? undefined : definitions.get(table);
}

/** The application's resolver, or else the engine's. */
function resolverOf({ app, schema }: Checked, type: string, field: string): unknown {
  if (DERIVED.test(type) || isScalarType(schema.getType(type))) return undefined;
  const [own, engine] = [app.resolvers, engineResolvers as App['resolvers']].map((resolvers): unknown => {
    const fields = Object.hasOwn(resolvers, type) ? resolvers[type] : undefined;
    return fields && Object.hasOwn(fields, field) ? Reflect.get(fields, field) : undefined;
  });
  return own ?? engine;
}

/** The columns declared by a resolver made with `reads`; none for any other. */
function columnsRead(resolver: unknown): readonly string[] {
  if (typeof resolver !== 'object' || resolver === null || !('extensions' in resolver)) return [];
  const { extensions } = resolver;
  if (typeof extensions !== 'object' || extensions === null || !('reads' in extensions)) return [];
  return Array.isArray(extensions.reads) ? extensions.reads : [];
}
