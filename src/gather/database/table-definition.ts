import { type RawBuilder, type SelectType, sql } from 'kysely';
import { GatherError } from '../errors.ts';
import { builder } from './builder.ts';
import { type ColumnNames, naming } from './column-names.ts';
import { isHeld } from './held.ts';
import type { Column } from './order.ts';
import { prepare } from './prepare.ts';
import type { Schema } from './schema.ts';
import type { BoundStatement, Values } from './statement.ts';

/** What a table and its columns are called in the database. */
type Names = Pick<Definition<unknown, never>, 'schema' | 'table'> & { readonly columns?: ColumnNames | undefined };

/** A row as it is read. */
export type Row<T extends keyof Schema> = { [C in Column<T>]: SelectType<Schema[T][C]> };

/** The definition of a table at run time. */
export interface TableDefinition<T extends keyof Schema> extends Definition<Schema[T]> {
  readonly name: T;
}

/** The definitions of the tables of a schema. */
export type TableDefinitions<Tables> = { readonly [T in keyof Tables]: Definition<Tables[T]> & { readonly name: T } };

interface Definition<Table, Column extends string = keyof Table & string> {
  /** The PostgreSQL schema that it is in. */
  readonly schema: string;
  readonly table: string;
  /** The names in the database of columns that have another one there: `{ releaseYear: 'release_year' }`. */
  readonly columns?: { readonly [C in Column]?: string };
  /** The columns of its key, in order. */
  readonly key: readonly Column[];
  /** The SQL type of every column, for casts. A domain's is that of its base. */
  readonly types: Readonly<Record<Column, string>>;
  /** The nullable columns. Their default is null. */
  readonly nullable: readonly Column[];
  /** The columns that are unique on their own, except the key. */
  readonly unique: readonly Column[];
  /** The tables to whose key a single column refers. */
  readonly references: { readonly [C in Column]?: string };
  /** The foreign keys of several columns, and those that refer to another unique key. @default none */
  readonly foreignKeys?: readonly ForeignKey<Column>[];
  /** The labels of enums. @default none */
  readonly labels?: { readonly [C in Column]?: readonly string[] };
  /** The column that counts the changes of a row. Each change adds one. */
  readonly version?: Column;
  /** The column with the time of a row's last change. Each change sets it. */
  readonly updatedAt?: Column;
}

/** A foreign key of several columns, or to another unique key than the table's own. */
interface ForeignKey<Column> {
  readonly columns: readonly Column[];
  readonly table: string;
  /** What its columns refer to, one each. */
  readonly to: readonly string[];
}

/**
 * The columns that a statement reads, in the order of the definition, so that equal sets have equal shapes. For an empty
 * set the key, because `returning` needs at least one column.
 */
export function toColumns<T extends keyof Schema, C extends Column<T>>(
  definition: TableDefinition<T>,
  columns: readonly C[] | undefined,
): readonly Column<T>[] {
  const all = Object.keys(definition.types) as Column<T>[];
  if (!columns) return all;
  const wanted = new Set<string>(columns.length > 0 ? columns : definition.key);
  return all.filter((column) => wanted.has(column));
}

/**
 * The columns that have a value in at least one of these objects, in the order of the definition. `undefined` is no value.
 * @throws Error if an object has a property that is no column; NOT_FOUND for a foreign key that its type cannot hold
 */
export function toGivenColumns<T extends keyof Schema>(
  { name, types, references }: TableDefinition<T>,
  objects: readonly object[],
): readonly Column<T>[] {
  const given = new Set<string>();
  for (const object of objects) {
    for (const [column, value] of Object.entries(object)) {
      if (value === undefined) continue;
      given.add(column);
      if (Object.hasOwn(references, column) && !isHeld(types[column as Column<T>], value)) {
        throw new GatherError('NOT_FOUND', `There is nothing with this ${column}.`, {
          field: column,
          value: String(value),
        });
      }
    }
  }
  const unknown = [...given].find((column) => !Object.hasOwn(types, column));
  if (unknown !== undefined) throw new Error(`Table ${name} has no column "${unknown}".`);
  return (Object.keys(types) as Column<T>[]).filter((column) => given.has(column));
}

/** The qualified name of a table: `"public"."book"`. Its statement is compiled with the names of its columns there. */
export function tableOf({ schema, table, columns }: Names): RawBuilder<unknown> {
  return columns ? sql`${sql.id(schema, table)}${naming(columns)}` : sql.id(schema, table);
}

/** The name of a table in references to its columns: `"book"`. */
export function aliasOf({ table }: Pick<Definition<unknown>, 'table'>): RawBuilder<unknown> {
  return sql.id(table);
}

const shapesOfNames = new WeakMap<ColumnNames, string>();

/** What the shape of a statement must contain of a table: its name, and the columns that have another one in the database. */
export function shapeOfTable({ schema, table, columns }: Names): string {
  if (!columns) return `${schema}.${table}`;
  const names = shapesOfNames.get(columns) ?? JSON.stringify(columns);
  shapesOfNames.set(columns, names);
  return `${schema}.${table}${names}`;
}

/** `"id", "name"`, or `"book"."id", "book"."name"`. */
export function toList(columns: readonly string[], table?: string): RawBuilder<unknown> {
  return sql.join(columns.map((column) => (table === undefined ? sql.id(column) : sql.id(table, column))));
}

/** Binds values to the statement of this shape, which is built on first use. */
export function bind<R>(shape: string, build: () => RawBuilder<R>, values: Values): BoundStatement<R> {
  return prepare(shape, () => ({ compile: () => build().compile(builder) })).with(values);
}

/** The assignments of `version` and `updatedAt` at each change. */
export function maintain<T extends keyof Schema>({
  table,
  version,
  updatedAt,
}: TableDefinition<T>): RawBuilder<unknown>[] {
  const assignments = [];
  if (version) assignments.push(sql`${sql.id(version)} = ${sql.id(table, version)} + 1`);
  if (updatedAt) assignments.push(sql`${sql.id(updatedAt)} = now()`);
  return assignments;
}
