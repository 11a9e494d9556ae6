import pg from 'pg';
import {
  type Introspection,
  makeIntrospectionQuery,
  type PgAttribute,
  type PgClass,
  type PgIndex,
  parseIntrospectionResults,
} from 'pg-introspection';
import { isKeyType } from '../database/held.ts';
import { type ColumnType, toColumnType } from './column-type.ts';

/** A table as PostgreSQL describes it. */
export interface FoundTable {
  schema: string;
  /** Its name in the database. */
  name: string;
  /** Its name in the code, if it is another one. */
  alias?: string;
  comment: string | undefined;
  columns: readonly FoundColumn[];
  /** Whether it is a view, which is only read. */
  isView: boolean;
  /** The columns of its primary key; without one, of its shortest unique key without nulls; or as the options say. */
  key: readonly string[];
  /** The columns of its other unique keys. */
  unique: readonly (readonly string[])[];
  foreignKeys: readonly FoundForeignKey[];
}

/** A column as PostgreSQL describes it. */
export interface FoundColumn {
  /** Its name in the code; in the database too, unless it has a `column`. */
  name: string;
  /** Its name in the database, if it is another one. */
  column?: string;
  /** PostgreSQL's internal name: `int8`. */
  typeName: string;
  /** Undefined for a type that is not supported. */
  type: ColumnType | undefined;
  comment: string | undefined;
  isNullable: boolean;
  hasDefault: boolean;
  /** Whether only PostgreSQL sets it: generated columns and identities. */
  isGenerated: boolean;
  /** The values that an enum or a check allows; undefined if it allows any of the type. */
  values: readonly string[] | undefined;
}

/** A foreign key. */
export interface FoundForeignKey {
  columns: readonly string[];
  schema: string;
  table: string;
  /** The columns that its columns refer to, one each. */
  to: readonly string[];
}

/** The tables of a database, and the reasons for those left out. */
export interface FoundDatabase {
  tables: readonly FoundTable[];
  leftOut: readonly string[];
}

/** The columns of the keys of views, and of tables that have none, by `schema.name`. */
export type DeclaredKeys = Readonly<Record<string, readonly string[]>>;

/**
 * Reads the tables of these schemas from the catalog, in alphabetical order, and the views with a declared key. Writes
 * nothing.
 * @throws Error for a declared key without such a table, view or column
 */
export async function introspect(
  databaseUrl: string,
  schemas: readonly string[],
  keys: DeclaredKeys = {},
): Promise<FoundDatabase> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'gather codegen' });
  await client.connect();
  try {
    const { rows } = await client.query<{ introspection: string }>(makeIntrospectionQuery());
    const { rows: checks } = await client.query<Check>(CHECKS);
    const introspection = parseIntrospectionResults(rows[0]?.introspection ?? '');
    return toTables({ introspection, checks, keys }, schemas);
  } finally {
    await client.end();
  }
}

interface Check {
  table: string;
  columns: number[];
  definition: string;
}

const CHECKS = `
  select conrelid::text as table, conkey::int[] as columns, pg_get_constraintdef(oid) as definition
  from pg_constraint where contype = 'c' and conrelid <> 0`;

/** What is known of the database, and of its keys. */
interface Known {
  introspection: Introspection;
  checks: readonly Check[];
  keys: DeclaredKeys;
}

const TABLES: ReadonlySet<string> = new Set(['r', 'p']);
const VIEWS: ReadonlySet<string> = new Set(['v', 'm']);

function toTables(known: Known, schemas: readonly string[]): FoundDatabase {
  const leftOut: string[] = [];
  const classes = known.introspection.classes.filter((it) => schemas.includes(it.getNamespace()?.nspname ?? ''));
  const tables = classes.flatMap((it) => {
    const isView = VIEWS.has(it.relkind);
    if (!isView && !TABLES.has(it.relkind)) return [];
    const columns = attributesOf(it).map((attribute) => toColumn(it, attribute, known));
    const key = known.keys[placeOf(it)] ?? keyOf(it);
    const fault = faultOfKey(it, key, columns);
    if (fault === undefined && key) return [toTable(it, key, columns, isView)];
    leftOut.push(`${it.relname}: ${fault}`);
    return [];
  });
  const places = new Set(classes.map(placeOf));
  const unknown = Object.keys(known.keys).find((place) => !places.has(place));
  if (unknown !== undefined) throw new Error(`Expected a table or view for the key of ${unknown}, found none.`);
  return { tables: tables.sort(byName), leftOut: leftOut.sort() };
}

/** The columns of the primary key, or of the shortest unique key whose columns are never null. */
function keyOf(it: PgClass): readonly string[] | undefined {
  const isNeverNull = (attnum: number) =>
    attributesOf(it).find((column) => column.attnum === attnum)?.attnotnull === true;
  const primary = it.getConstraints().find(({ contype }) => contype === 'p')?.conkey;
  const others = it
    .getIndexes()
    .filter((index) => isUnique(index) && keyColumns(index).every(isNeverNull))
    .map(keyColumns)
    .sort((a, b) => a.length - b.length);
  return namesOf(it, primary ?? others[0]);
}

/** Why a table cannot be used with this key; undefined if it can. */
function faultOfKey(
  it: PgClass,
  key: readonly string[] | undefined,
  columns: readonly FoundColumn[],
): string | undefined {
  if (!key) return VIEWS.has(it.relkind) ? 'a view without a declared key' : 'no unique key';
  for (const name of key) {
    const column = columns.find((each) => each.name === name);
    if (!column) throw new Error(`Expected a column "${name}" for the key of ${placeOf(it)}, found none.`);
    if (!isKeyType(column.type?.sql ?? '')) return `its key "${name}" is of type ${column.typeName}`;
  }
  return undefined;
}

function toTable(it: PgClass, key: readonly string[], columns: readonly FoundColumn[], isView: boolean): FoundTable {
  return {
    schema: it.getNamespace()?.nspname ?? '',
    name: it.relname,
    comment: it.getDescription(),
    isView,
    // PostgreSQL does not know whether a column of a view may be null.
    columns: columns.map((column) => (key.includes(column.name) ? { ...column, isNullable: false } : column)),
    key,
    unique: it
      .getIndexes()
      .filter(isUnique)
      .map((index) => namesOf(it, keyColumns(index)) ?? [])
      .filter((columns) => columns.join() !== key.join()),
    foreignKeys: it
      .getConstraints()
      .filter(({ contype }) => contype === 'f')
      .flatMap((constraint) => {
        const foreign = constraint.getForeignClass();
        if (!foreign) return [];
        const columns = namesOf(it, constraint.conkey) ?? [];
        const to = namesOf(foreign, constraint.confkey) ?? [];
        return [{ columns, schema: foreign.getNamespace()?.nspname ?? '', table: foreign.relname, to }];
      }),
  };
}

function toColumn(it: PgClass, attribute: PgAttribute, { introspection, checks }: Known): FoundColumn {
  const declared = attribute.getType();
  const type = toColumnType(declared, introspection);
  const isView = VIEWS.has(it.relkind);
  return {
    name: attribute.attname,
    typeName: declared?.typname ?? 'unknown',
    type,
    comment: attribute.getDescription(),
    isNullable: attribute.attnotnull !== true && declared?.typnotnull !== true,
    hasDefault: attribute.atthasdef === true || attribute.attidentity === 'd',
    isGenerated:
      isView || attribute.attidentity === 'a' || attribute.attgenerated === 's' || attribute.attgenerated === 'v',
    values: type?.labels ?? valuesOf(it, attribute, checks),
  };
}

/** The values of `check (status in ('DRAFT', 'ACTIVE'))`, in the form that PostgreSQL prints. */
function valuesOf(it: PgClass, { attnum, attname }: PgAttribute, checks: readonly Check[]): string[] | undefined {
  const one = checks.filter(({ table, columns }) => table === it._id && columns?.length === 1 && columns[0] === attnum);
  for (const { definition } of one) {
    const [, column, list = ''] = /^CHECK \(\((\S+) = ANY \(ARRAY\[(.*)\]\)\)\)$/.exec(definition) ?? [];
    if (column?.replaceAll('"', '') !== attname) continue;
    const literals = [...list.matchAll(/'((?:[^']|'')*)'::text/g)].map(([, text = '']) => text.replaceAll("''", "'"));
    if (literals.length > 0) return literals;
  }
  return undefined;
}

/** Whether an index makes its columns unique in all rows. */
function isUnique({ indisunique, indisprimary, indisvalid, indimmediate, indkey, indpred }: PgIndex): boolean {
  const isWhole = indpred === null && indkey?.includes(0) !== true;
  return indisunique === true && indisprimary !== true && indisvalid === true && indimmediate === true && isWhole;
}

/** The columns of an index, without those that it only includes. */
function keyColumns({ indkey, indnkeyatts }: PgIndex): readonly number[] {
  return indkey?.slice(0, indnkeyatts ?? undefined) ?? [];
}

function attributesOf(it: PgClass): PgAttribute[] {
  return it.getAttributes().filter(({ attnum, attisdropped }) => attnum > 0 && !attisdropped);
}

function namesOf(it: PgClass, numbers: readonly number[] | null | undefined): readonly string[] | undefined {
  const attributes = attributesOf(it);
  return numbers?.map((number) => attributes.find(({ attnum }) => attnum === number)?.attname ?? '');
}

function placeOf(it: PgClass): string {
  return `${it.getNamespace()?.nspname}.${it.relname}`;
}

function byName(a: FoundTable, b: FoundTable): number {
  return `${a.schema}.${a.name}` < `${b.schema}.${b.name}` ? -1 : 1;
}
