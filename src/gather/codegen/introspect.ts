import pg from 'pg';
import {
  makeIntrospectionQuery,
  type PgAttribute,
  type PgClass,
  type PgIndex,
  parseIntrospectionResults,
} from 'pg-introspection';

/** A table as PostgreSQL describes it. */
export interface FoundTable {
  schema: string;
  name: string;
  comment: string | undefined;
  columns: readonly FoundColumn[];
  /** The column of its primary key. */
  key: string;
  /** Columns that are unique on their own, except the key. */
  unique: readonly string[];
  /** Single-column foreign keys. */
  references: readonly FoundReference[];
}

/** A column as PostgreSQL describes it. */
export interface FoundColumn {
  name: string;
  /** PostgreSQL's internal name: `int8`. */
  type: string;
  comment: string | undefined;
  isNullable: boolean;
  hasDefault: boolean;
  /** Whether only PostgreSQL sets it: generated columns and identities. */
  isGenerated: boolean;
  /** The values that an enum or a check allows; undefined if it allows any of the type. */
  values: readonly string[] | undefined;
}

/** A foreign key of one column. */
export interface FoundReference {
  column: string;
  schema: string;
  table: string;
}

/** The tables of a database, and the reasons for those left out. */
export interface FoundDatabase {
  tables: readonly FoundTable[];
  leftOut: readonly string[];
}

/** Reads the tables of these schemas from the catalog, in alphabetical order. Writes nothing. */
export async function introspect(databaseUrl: string, schemas: readonly string[]): Promise<FoundDatabase> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'gather codegen' });
  await client.connect();
  try {
    const { rows } = await client.query<{ introspection: string }>(makeIntrospectionQuery());
    const { rows: checks } = await client.query<Check>(CHECKS);
    return toTables(rows[0]?.introspection ?? '', schemas, checks);
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

function toTables(introspection: string, schemas: readonly string[], checks: readonly Check[]): FoundDatabase {
  const leftOut: string[] = [];
  const classes = parseIntrospectionResults(introspection).classes.filter(
    (it) => (it.relkind === 'r' || it.relkind === 'p') && schemas.includes(it.getNamespace()?.nspname ?? ''),
  );
  const tables = classes.flatMap((it) => {
    const key = it.getConstraints().find(({ contype }) => contype === 'p')?.conkey ?? [];
    if (key.length === 1) return [toTable(it, checks)];
    leftOut.push(`${it.relname}: ${key.length === 0 ? 'no primary key' : 'its primary key has several columns'}`);
    return [];
  });
  return { tables: tables.sort(byName), leftOut: leftOut.sort() };
}

function toTable(it: PgClass, checks: readonly Check[]): FoundTable {
  const constraints = it.getConstraints();
  const single = (kind: string) =>
    constraints.filter(({ contype, conkey }) => contype === kind && conkey?.length === 1);
  return {
    schema: it.getNamespace()?.nspname ?? '',
    name: it.relname,
    comment: it.getDescription(),
    columns: attributesOf(it).map((attribute) => toColumn(it, attribute, checks)),
    key: nameOf(it, single('p')[0]?.conkey),
    unique: it
      .getIndexes()
      .filter(isUniqueColumn)
      .map(({ indkey }) => nameOf(it, indkey)),
    references: single('f').map((constraint) => {
      const foreign = constraint.getForeignClass();
      const schema = foreign?.getNamespace()?.nspname ?? '';
      return { column: nameOf(it, constraint.conkey), schema, table: foreign?.relname ?? '' };
    }),
  };
}

function toColumn(it: PgClass, attribute: PgAttribute, checks: readonly Check[]): FoundColumn {
  const type = attribute.getType();
  const isEnum = type?.typtype === 'e';
  return {
    name: attribute.attname,
    type: isEnum ? 'enum' : (type?.typname ?? ''),
    comment: attribute.getDescription(),
    isNullable: !attribute.attnotnull,
    hasDefault: attribute.atthasdef === true || attribute.attidentity === 'd',
    isGenerated: attribute.attidentity === 'a' || attribute.attgenerated === 's' || attribute.attgenerated === 'v',
    values: isEnum ? type.getEnumValues()?.map(({ enumlabel }) => enumlabel) : valuesOf(it, attribute, checks),
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

/** Whether an index makes a single column unique in all rows. */
function isUniqueColumn({ indisunique, indisprimary, indnkeyatts, indkey, indpred }: PgIndex): boolean {
  return indisunique === true && indisprimary !== true && indnkeyatts === 1 && indkey?.[0] !== 0 && indpred === null;
}

function attributesOf(it: PgClass): PgAttribute[] {
  return it.getAttributes().filter(({ attnum, attisdropped }) => attnum > 0 && !attisdropped);
}

function nameOf(it: PgClass, columns: readonly number[] | null | undefined): string {
  return attributesOf(it).find(({ attnum }) => attnum === columns?.[0])?.attname ?? '';
}

function byName(a: FoundTable, b: FoundTable): number {
  return `${a.schema}.${a.name}` < `${b.schema}.${b.name}` ? -1 : 1;
}
