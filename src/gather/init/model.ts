import type { FoundColumn } from '../codegen/introspect.ts';
import { capitalise, looksSecret, takeName, toFieldName, toListName, toTypeName } from '../codegen/names.ts';
import { codeNameOf, type NamedTable, placeOf, type Structure } from '../codegen/structure.ts';
import { toEnumName } from '../graphql/enum-labels.ts';
import type { ServiceField, ServiceModel } from './services.ts';

/** What a project has for a database. */
export interface Model {
  types: readonly TypeModel[];
  enums: readonly EnumModel[];
  services: readonly ServiceModel[];
  /** What was left out, with the reasons: `staff.password: looks secret`. */
  leftOut: readonly string[];
}

/** A GraphQL type over a table. */
export interface TypeModel {
  name: string;
  /** The name of its table in the code. */
  table: string;
  description: string;
  fields: readonly FieldModel[];
  /** The columns of its key. */
  key: readonly string[];
  /** The field of Query with a list. */
  many: string;
}

/** A field of a type, besides `id`. */
export type FieldModel = ColumnField | RelationField | ServiceField;

export interface ColumnField {
  kind: 'column';
  name: string;
  /** Whether it is compared as a text. */
  isText: boolean;
  /** Its type in the SDL. */
  type: string;
  description: string | undefined;
}

interface RelationField {
  kind: 'one' | 'many';
  name: string;
  /** The type of the other rows. */
  target: string;
  /** Their table's name in the code. */
  table: string;
  /** The columns of their key. */
  key: readonly string[];
  /** The columns of the foreign key. */
  by: readonly string[];
  description: string | undefined;
}

/** An enum of the SDL. */
export interface EnumModel {
  name: string;
  values: readonly string[];
  description: string;
}

/** The scalar of each type of PostgreSQL, by its name in SQL. Enums and arrays are derived. */
const SCALARS: Readonly<Record<string, string>> = {
  smallint: 'Int',
  integer: 'Int',
  bigint: 'BigInt',
  real: 'Float',
  'double precision': 'Float',
  numeric: 'Decimal',
  boolean: 'Boolean',
  text: 'String',
  bpchar: 'String',
  uuid: 'UUID',
  date: 'Date',
  time: 'LocalTime',
  timestamp: 'LocalDateTime',
  timestamptz: 'DateTime',
  interval: 'Duration',
  bytea: 'Base64',
  inet: 'String',
  cidr: 'String',
  macaddr: 'String',
  jsonb: 'JSON',
  json: 'JSON',
};
/** Keys that mean something to people. Others are in `id` only. */
const NATURAL_KEYS = ['text', 'bpchar'];
const RANGE = /range"$/;
const NAME = /^(?!(?:true|false|null)$|__)[_A-Za-z][_0-9A-Za-z]*$/;
/** A relation that is called after what happened: `lentBy`, `sequelOf`. */
const PREPOSITION = /[a-z](At|By|For|From|In|Of|On|To|With)$/;

/** A foreign key to a table that has a type. */
interface Reference {
  from: NamedTable;
  columns: readonly FoundColumn[];
  to: NamedTable;
  /** What the referring row calls the other one: `language` for `language_code`. */
  role: string;
}

/** Derives types, fields and enums from the structure of a database. */
export function toModel(structure: Structure, services: readonly ServiceModel[] = []): Model {
  const { tables } = structure;
  const enums = new Enums(tables.map(({ type }) => type));
  const leftOut = [...structure.leftOut, ...services.flatMap((it) => it.leftOut)];
  const references = tables.flatMap((table) => referencesOf(table, tables));
  const tableOf = (table: NamedTable) => codeNameOf(table, structure);
  const roots = new Set(['node', 'nodes', 'viewer']);
  const types = tables.map((table): TypeModel => {
    const taken = new Set(['id']);
    const shown = table.columns.filter((column) => !isHidden(table, column));
    const columns = new Map(shown.map((it) => [it, toColumnField(table, it, { taken, enums, leftOut })]));
    const own = references.filter(({ from }) => from === table);
    const ones = own.map((it) => ({ at: it.columns.at(-1), field: toOne(it, tableOf(it.to), taken) }));
    const lists = references.filter(({ to }) => to === table);
    // A foreign key has the place of its last column.
    const fields: FieldModel[] = [
      ...table.columns.flatMap((column): readonly FieldModel[] => [
        ...(columns.get(column) ?? []),
        ...ones.filter(({ at }) => at === column).map(({ field }) => field),
      ]),
      ...lists.map((it) => toMany(it, tableOf(it.from), references, taken)),
      ...services.flatMap((it) => it.fields).filter((field) => field.table === table && isNew(field.name, taken)),
    ];
    const list = toListName(table.type);
    const many = takeName(roots, list, `${list}List`);
    const description = table.comment ?? `A row of ${placeOf(table)}.`;
    return { name: table.type, table: tableOf(table), description, fields, key: table.key, many };
  });
  return { types, enums: enums.all, services, leftOut: leftOut.sort() };
}

/** Whether a name is free; takes it. */
function isNew(name: string, taken: Set<string>): boolean {
  if (taken.has(name)) return false;
  taken.add(name);
  return true;
}

function referencesOf(from: NamedTable, tables: readonly NamedTable[]): Reference[] {
  return from.foreignKeys.flatMap(({ columns: names, schema, table, to: target }) => {
    const to = tables.find((it) => it.schema === schema && it.name === table);
    const columns = names.flatMap((name) => from.columns.filter((it) => it.name === name));
    if (!to || ![to.key, ...to.unique].some((key) => isSame(key, target))) return [];
    return [{ from, columns, to, role: toRole(columns, target, to) }];
  });
}

function isSame(key: readonly string[], other: readonly string[]): boolean {
  return key.length === other.length && key.every((column) => other.includes(column));
}

/**
 * Drops the word of the other table's key: `language_code`, which refers to a `language_code`, is a `language`. A foreign
 * key of several columns is called after the other table.
 */
function toRole(columns: readonly FoundColumn[], target: readonly string[], to: NamedTable): string {
  const [column] = columns;
  const byTable = toFieldName(to.type.charAt(0).toLowerCase() + to.type.slice(1));
  if (!column || columns.length > 1) return byTable;
  const word = /[A-Z]?[a-z0-9]+$/.exec(target[0] ?? '')?.[0] ?? '';
  const plain = toFieldName(column.column ?? column.name);
  const short = plain.toLowerCase().endsWith(word.toLowerCase()) ? plain.slice(0, -word.length) : plain;
  return short === '' ? byTable : short;
}

/** A key is in `id`, unless it means something to people, and a foreign key has a field of its own. */
function isHidden(table: NamedTable, { name, type }: FoundColumn): boolean {
  if (table.foreignKeys.some(({ columns }) => columns.includes(name))) return true;
  return table.key.length === 1 && table.key[0] === name && (name === 'id' || !NATURAL_KEYS.includes(type?.sql ?? ''));
}

interface Collected {
  taken: Set<string>;
  enums: Enums;
  leftOut: string[];
}

function toColumnField(table: NamedTable, column: FoundColumn, { taken, enums, leftOut }: Collected): ColumnField[] {
  const place = `${table.name}.${column.column ?? column.name}`;
  if (looksSecret(column.column ?? column.name)) {
    leftOut.push(`${place}: looks secret`);
    return [];
  }
  const type = toFieldType(table, column, enums);
  if (type === undefined) {
    leftOut.push(`${place}: ${column.typeName} has no scalar`);
    return [];
  }
  if (taken.has(column.name)) {
    leftOut.push(`${place}: its name is that of another field`);
    return [];
  }
  taken.add(column.name);
  return [
    {
      kind: 'column',
      name: column.name,
      type: column.isNullable ? type : `${type}!`,
      isText: NATURAL_KEYS.includes(column.type?.sql ?? ''),
      description: column.comment,
    },
  ];
}

/** The type of a column in the SDL, nullable; undefined if there is none. */
function toFieldType(table: NamedTable, column: FoundColumn, enums: Enums): string | undefined {
  const [, sql = '', array] = /^(.*?)(\[\])?$/.exec(column.type?.sql ?? '') ?? [];
  const element = column.values
    ? enums.nameOf(table, column, sql)
    : (SCALARS[sql] ?? (RANGE.test(sql) ? 'String' : undefined));
  return element !== undefined && array ? `[${element}]` : element;
}

/** The enums of the columns whose values are names of GraphQL. Those of others are texts. */
class Enums {
  readonly #byPlace = new Map<string, EnumModel>();
  readonly #taken: Set<string>;

  constructor(types: readonly string[]) {
    this.#taken = new Set(types);
  }

  get all(): EnumModel[] {
    return [...this.#byPlace.values()];
  }

  nameOf(table: NamedTable, column: FoundColumn, sql: string): string {
    const { type } = column;
    // A label has the name that the engine gives it; the values of a check are names or they are texts.
    const values = [...new Set(type?.labels?.map(toEnumName) ?? column.values)];
    const isNamed = values.length === column.values?.length && values.every((value) => NAME.test(value));
    if (!isNamed) return 'String';
    const own = type?.labels && /"([^"]+)"$/.exec(sql)?.[1];
    const place = own === undefined ? `${table.name}.${column.column ?? column.name}` : sql;
    const known = this.#byPlace.get(place);
    if (known) return known.name;
    const plain = own === undefined ? table.type + capitalise(column.name) : toTypeName(own);
    const name = takeName(this.#taken, plain, `${plain}Value`);
    const description = own === undefined ? `A value of ${place}.` : `The values of ${own}.`;
    this.#byPlace.set(place, { name, values, description });
    return name;
  }
}

function toOne({ columns, to, role }: Reference, table: string, taken: Set<string>): RelationField {
  const name = takeName(taken, role, `${role}Row`);
  return {
    kind: 'one',
    name,
    target: to.type,
    table,
    key: to.key,
    by: columns.map(({ name }) => name),
    description: columns.at(-1)?.comment,
  };
}

/** Several lists of one type are told apart by the foreign key: `filmsByOriginalLanguage`, `rentalsLentBy`. */
function toMany(
  { from, columns, to, role }: Reference,
  table: string,
  all: readonly Reference[],
  taken: Set<string>,
): RelationField {
  const list = toListName(from.type);
  const isOnly = all.filter((it) => it.from === from && it.to === to).length === 1 && from !== to;
  const suffix = PREPOSITION.test(role) ? capitalise(role) : `By${capitalise(role)}`;
  const name =
    isOnly || toTypeName(role) === to.type ? takeName(taken, list, list + suffix) : takeName(taken, list + suffix);
  return {
    kind: 'many',
    name,
    target: from.type,
    table,
    key: from.key,
    by: columns.map(({ name }) => name),
    description: undefined,
  };
}
