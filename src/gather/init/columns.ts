import type { FoundColumn } from '../codegen/introspect.ts';
import { capitalise, looksSecret, takeName, toTypeName } from '../codegen/names.ts';
import { type NamedTable, TAKEN_TYPES } from '../codegen/structure.ts';
import { toEnumName } from '../graphql/enum-labels.ts';

/** A field with the value of a column. */
export interface ColumnField {
  kind: 'column';
  name: string;
  /** Whether it is compared as a text. */
  isText: boolean;
  /** Its type in the SDL. */
  type: string;
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
const ARRAY = /\[\]$/;
const NAME = /^(?!(?:true|false|null)$|__)[_A-Za-z][_0-9A-Za-z]*$/;
/** A key is in `id`, unless it means something to people, and a foreign key has a field of its own. */
export function isHidden(table: NamedTable, { name, type }: FoundColumn): boolean {
  if (table.foreignKeys.some(({ columns }) => columns.includes(name))) return true;
  return table.key.length === 1 && table.key[0] === name && (name === 'id' || !NATURAL_KEYS.includes(type?.sql ?? ''));
}

/** Whether a column is a field, if its name is free. */
export function isShown(table: NamedTable, column: FoundColumn): boolean {
  return !isHidden(table, column) && !looksSecret(column.column ?? column.name) && hasType(column);
}

interface Collected {
  taken: Set<string>;
  enums: Enums;
  leftOut: Set<string>;
}

/** The field of a column, in a list; none if it is left out. */
export function toColumnField(
  table: NamedTable,
  column: FoundColumn,
  { taken, enums, leftOut }: Collected,
): ColumnField[] {
  const place = `${table.name}.${column.column ?? column.name}`;
  if (looksSecret(column.column ?? column.name)) {
    leftOut.add(`${place}: looks secret`);
    return [];
  }
  const type = toFieldType(table, column, enums);
  if (type === undefined) {
    leftOut.add(`${place}: ${column.typeName} has no scalar`);
    return [];
  }
  if (taken.has(column.name)) {
    leftOut.add(`${place}: its name is that of another field`);
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

function hasType({ type, values }: FoundColumn): boolean {
  return values !== undefined || scalarOf(type?.sql.replace(ARRAY, '') ?? '') !== undefined;
}

/** The type of a column in the SDL, nullable; undefined if there is none. */
function toFieldType(table: NamedTable, column: FoundColumn, enums: Enums): string | undefined {
  const declared = column.type?.sql ?? '';
  const sql = declared.replace(ARRAY, '');
  const element = column.values ? enums.nameOf(table, column, sql) : scalarOf(sql);
  return element !== undefined && ARRAY.test(declared) ? `[${element}]` : element;
}

function scalarOf(sql: string): string | undefined {
  return SCALARS[sql] ?? (RANGE.test(sql) ? 'String' : undefined);
}

/** The enums of columns whose values are names of GraphQL. Those of others are texts. */
export class Enums {
  readonly #byPlace = new Map<string, EnumModel>();
  readonly #taken: Set<string>;

  constructor(types: readonly string[]) {
    this.#taken = new Set([...TAKEN_TYPES, ...types]);
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
