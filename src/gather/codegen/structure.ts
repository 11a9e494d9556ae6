import type { DeclaredKeys, FoundColumn, FoundDatabase, FoundTable } from './introspect.ts';
import { takeName, toFieldName, toTypeName } from './names.ts';

/** The structure of a database and what its parts are called in the code: the contents of `database.json`. */
export interface Structure {
  /** The PostgreSQL schemas. Tables of the first have unqualified names. */
  schemas: readonly [string, ...string[]];
  /** The columns of the keys of views, by `schema.name`. A person adds them: PostgreSQL does not know them. */
  keys: DeclaredKeys;
  tables: readonly NamedTable[];
  /** What introspection left out, with the reasons. */
  leftOut: readonly string[];
}

/** A table with names for the code; the names of its columns are in camel case. */
export interface NamedTable extends FoundTable {
  /** The name of its GraphQL type. */
  type: string;
  /** The field of Query with one of its rows. */
  one?: string;
  /** The field of Query with a list of its rows. Without one, the API has no such type: the table only pairs others. */
  many?: string;
  /**
   * The fields of the type that lead to other rows, by what they are declared by: `languageCode`, `rental.filmId`,
   * `filmActor.filmId.actorId`.
   */
  relations?: Readonly<Record<string, string>>;
}

/**
 * The names of what belongs to a type: a table `film_order` is no `FilmOrder` if there is a `Film`, and `film_list` no
 * `FilmList`, whose conditions would be `FilmListWhere`.
 */
const DERIVED = /^(.*)(Connection|Edge|By|ListWhere|List|Where|OrderField|Order|Filter|Row)$/;
/** The names that mean something else in every application: to GraphQL, to the engine, or in the generated modules. */
export const TAKEN_TYPES: readonly string[] = [
  ...['Query', 'Mutation', 'Subscription', 'Node', 'PageInfo', 'Role', 'ErrorCode', 'UserError', 'OrderDirection'],
  ...['User', 'ID', 'Int', 'Float', 'String', 'Boolean', 'DateTime', 'Connection', 'Edge'],
  ...['Context', 'FileRow', 'FileUpload', 'GlobalId', 'JobRow', 'NodeParent', 'SignedIn'],
  ...['Array', 'Exclude', 'NonNullable', 'Omit', 'Partial', 'Pick', 'Promise', 'Record'],
  ...['InputMaybe', 'Maybe', 'RequireFields', 'Resolver', 'ResolverFn', 'Resolvers', 'Scalars', 'SubscriptionResolver'],
];
/** The names of the engine's types and scalars that not every application has; and `types/Index.ts` is `types/index.ts` to some disks. */
const TAKEN_BY_SOME = [
  ...['Index', 'Job', 'JobState', 'JobError', 'JobErrorCode', 'Schedule', 'StoredFile', 'Upload'],
  ...['Date', 'Decimal', 'File', 'JSON', 'URL'],
];

/**
 * Names the tables and columns of a database as GraphQL and TypeScript do. What has a name in the former structure keeps it.
 * A name in the code belongs to columns of one name only, in all tables.
 */
export function nameStructure(found: FoundDatabase, schemas: Structure['schemas'], former?: Structure): Structure {
  const before = new Map(former?.tables.map((table) => [placeOf(table), table]));
  const types = new Set([...TAKEN_TYPES, ...TAKEN_BY_SOME, ...[...before.values()].map(({ type }) => type)]);
  const fields = new FieldNames(found, former);
  const plains = new Set(found.tables.map(({ name }) => toTypeName(name)));
  const inOrder = found.tables.toSorted((a, b) => schemas.indexOf(a.schema) - schemas.indexOf(b.schema));
  const tables = inOrder.map((table): NamedTable => {
    const known = before.get(placeOf(table));
    const plain = toTypeName(table.name);
    const [, stem, suffix] = DERIVED.exec(plain) ?? [];
    const isDerived = stem !== undefined && (plains.has(stem) || suffix === 'Connection' || suffix === 'Edge');
    const names = [
      ...(isDerived ? [] : [plain]),
      ...(table.schema === schemas[0] ? [] : [toTypeName(table.schema) + plain]),
    ];
    const type = known?.type ?? takeName(types, ...names, `${plain}Record`);
    const alias = known ? known.alias : toFieldName(table.name);
    const { alias: _, ...renamed } = fields.rename(table);
    return { ...renamed, ...(alias !== undefined && alias !== table.name && { alias }), type };
  });
  return { schemas, keys: former?.keys ?? {}, tables, leftOut: found.leftOut };
}

/** Whether a name means something else than a type with a table. */
export function isTakenType(name: string): boolean {
  return TAKEN_TYPES.includes(name) || TAKEN_BY_SOME.includes(name) || /(Connection|Edge|Row)$/.test(name);
}

/** Where a table is: `public.film`. */
export function placeOf({ schema, name }: FoundTable): string {
  return `${schema}.${name}`;
}

/** The name of a table in the code. */
export function codeNameOf({ schema, name, alias }: FoundTable, { schemas }: Pick<Structure, 'schemas'>): string {
  const own = alias ?? name;
  return schema === schemas[0] ? own : `${schema}.${own}`;
}

/** The names of columns in the code, by their names in the database. */
class FieldNames {
  readonly #names = new Map<string, string>();

  constructor({ tables }: FoundDatabase, former: Structure | undefined) {
    const all = new Set(tables.flatMap(({ columns }) => columns.map(({ name }) => name)));
    for (const { columns } of former?.tables ?? []) {
      for (const { name, column = name } of columns) if (all.has(column)) this.#names.set(column, name);
    }
    // A column keeps a name that is as it should be; no other column may then have it.
    const taken = new Set([...this.#names.values(), ...tables.flatMap(({ schema, name }) => [schema, name])]);
    const fresh = [...all].filter((column) => !this.#names.has(column));
    for (const column of fresh.filter((it) => toFieldName(it) === it)) {
      this.#names.set(column, column);
      taken.add(column);
    }
    for (const column of fresh.filter((it) => toFieldName(it) !== it)) {
      const name = toFieldName(column);
      this.#names.set(column, takeName(taken, name, `${name}Column`));
    }
  }

  rename(table: FoundTable): FoundTable {
    const toName = (column: string) => this.#names.get(column) ?? column;
    return {
      ...table,
      columns: table.columns.map((column): FoundColumn => {
        const name = toName(column.name);
        return { ...column, name, ...(name !== column.name && { column: column.name }) };
      }),
      key: table.key.map(toName),
      unique: table.unique.map((columns) => columns.map(toName)),
      foreignKeys: table.foreignKeys.map((key) => ({
        ...key,
        columns: key.columns.map(toName),
        to: key.to.map(toName),
      })),
    };
  }
}

/** Prints `database.json`, with a line for each column and relation, so that a change of the database is a change of few lines. */
export function printStructure({ schemas, keys, tables, leftOut }: Structure): string {
  const printed = tables.map(({ columns, relations = {}, ...table }) => {
    const rest = Object.entries(table).flatMap(([name, value]) => {
      return value === undefined ? [] : [`    ${JSON.stringify(name)}: ${JSON.stringify(value)}`];
    });
    const fields = Object.entries(relations).map(
      ([source, name]) => `      ${JSON.stringify(source)}: ${JSON.stringify(name)}`,
    );
    const parts = [
      ...rest,
      ...(fields.length > 0 ? [`    "relations": {\n${fields.join(',\n')}\n    }`] : []),
      `    "columns": [\n${columns.map((column) => `      ${JSON.stringify(column)}`).join(',\n')}\n    ]`,
    ];
    return `  {\n${parts.join(',\n')}\n  }`;
  });
  const omitted = leftOut.map((line) => `  ${JSON.stringify(line)}`);
  return `{
"schemas": ${JSON.stringify(schemas)},
"keys": ${JSON.stringify(keys)},
"tables": [
${printed.join(',\n')}
],
"leftOut": [
${omitted.join(',\n')}
]
}
`;
}

/** Reads the text of `database.json`. */
export function parseStructure(text: string): Structure {
  return JSON.parse(text) as Structure;
}
