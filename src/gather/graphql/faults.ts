import { type GraphQLField, type GraphQLObjectType, type GraphQLSchema, getNamedType, isObjectType } from 'graphql';
import type { TableName } from '../database/schema.ts';
import type { Definitions } from '../database/tables.ts';
import { type DeclaredField, isDeclared } from './define-type.ts';
import { leastRole } from './least-role.ts';
import type { TypeRegistry } from './types.ts';

interface FaultSource {
  schema: GraphQLSchema;
  types: TypeRegistry;
  definitions: Definitions;
  /** The application's resolvers, by types and fields. */
  resolvers: Readonly<Record<string, object>>;
  /** All resolvers that the schema is made with. */
  all: Readonly<Record<string, object>>;
}

/**
 * What is wrong with the parts of an application as they fit together; types alone cannot see it. Each fault names the
 * place to mend. None where all is well.
 */
export function findFaults(source: FaultSource): string[] {
  const { schema } = source;
  const types = Object.values(schema.getTypeMap()).filter((it) => isObjectType(it) && !it.name.startsWith('__'));
  return [
    ...faultsOfRegistry(source),
    ...faultsOfResolvers(source),
    ...types.flatMap((type) => (isObjectType(type) ? faultsOfType(type, source) : [])),
  ];
}

function faultsOfRegistry({ schema, types, definitions }: FaultSource): string[] {
  return Object.entries(types).flatMap(([type, table]) => {
    if (!Object.hasOwn(definitions, table)) {
      return [`types.${type}: there is no table ${table}. Run the migrations, then \`npm run codegen\`.`];
    }
    // An application may leave out the types of the engine.
    if (isObjectType(schema.getType(type)) || table.startsWith('gather.')) return [];
    return [`types.${type}: the SDL has no such type. Add it there, or take it out of types.`];
  });
}

function faultsOfResolvers({ schema, resolvers }: FaultSource): string[] {
  return Object.entries(resolvers).flatMap(([name, fields]) => {
    const type = schema.getType(name);
    if (!type) return [`resolvers.${name}: the SDL has no such type.`];
    if (!isObjectType(type)) return [];
    const known = type.getFields();
    return Object.keys(fields)
      .filter((field) => !Object.hasOwn(known, field))
      .map((field) => `resolvers.${name}.${field}: the SDL has no such field.`);
  });
}

function faultsOfType(type: GraphQLObjectType, source: FaultSource): string[] {
  const { schema, types, definitions, all } = source;
  const roots: unknown[] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const table = types[type.name];
  const columns = table && definitions[table] ? definitions[table].types : undefined;
  const resolved = all[type.name] ?? {};
  return Object.values(type.getFields()).flatMap((field) => {
    const place = `${type.name}.${field.name}`;
    const resolver: unknown = Reflect.get(source.resolvers[type.name] ?? {}, field.name);
    if (type === schema.getMutationType() && !leastRole(schema, field)) {
      return [`${place}: no @auth says who may call it, so that nobody may.`];
    }
    if (isDeclared(resolver)) return faultsOfDeclared(resolver, field, place, source);
    if (Object.hasOwn(resolved, field.name)) return [];
    if (roots.includes(type)) return [`${place}: no resolver. Add one to resolvers.${type.name}.`];
    if (!columns || Object.hasOwn(columns, field.name)) return [];
    return [`${place}: no resolver, and table ${table} has no such column. Add either.`];
  });
}

/** Whether the rows are of the type that the field has in the SDL. */
function faultsOfDeclared(
  declared: DeclaredField,
  field: GraphQLField<unknown, unknown>,
  place: string,
  { types, definitions }: FaultSource,
): string[] {
  const [parent = ''] = place.split('.');
  const own = types[parent];
  if (!own || !Object.hasOwn(definitions, own))
    return [`${place}: ${declared.kind} is for the rows of tables. Add ${parent} to types.`];
  const references: Readonly<Record<string, string | undefined>> =
    declared.kind === 'belongsTo' ? definitions[own].references : definitions[declared.table as TableName].references;
  const target = references[declared.by];
  const type = getNamedType(field.type).name.replace(/Connection$/, '');
  const expected = types[type];
  const [found, column] =
    declared.kind === 'belongsTo'
      ? [target, `${own}.${declared.by}`]
      : [declared.table, `${declared.table}.${declared.by}`];
  if (!target) return [`${place}: column ${column} is no foreign key of one column.`];
  if (declared.kind === 'hasMany' && target !== own) {
    return [`${place}: column ${column} refers to table ${target}, not to ${own}.`];
  }
  return found === expected
    ? []
    : [`${place}: gives rows of table ${found}, but ${type} is table ${expected ?? 'of none'}.`];
}
