import { type RawBuilder, type SelectType, sql } from 'kysely';
import { builder } from './builder.ts';
import type { Column } from './order.ts';
import type { Schema } from './schema.ts';
import { type BoundStatement, prepare, type Values } from './statement.ts';

/** A row as it is read. */
export type Row<T extends keyof Schema> = { [C in Column<T>]: SelectType<Schema[T][C]> };

/** What a `Table` must know of a table beyond its types in TypeScript. */
export interface TableDefinition<T extends keyof Schema> extends Definition<Schema[T]> {
  readonly name: T;
}

/** What is known of the tables of a schema. */
export type TableDefinitions<Tables> = { readonly [T in keyof Tables]: Definition<Tables[T]> & { readonly name: T } };

interface Definition<Table, Column extends string = keyof Table & string> {
  /** Where PostgreSQL has it. */
  readonly schema: string;
  readonly table: string;
  readonly key: Column;
  /** Every column, with the type that the values of a bulk statement are cast to. */
  readonly types: Readonly<Record<Column, ColumnType>>;
  /** The columns that may be null. Their default is null. */
  readonly nullable: readonly Column[];
  /** The columns that are unique by themselves, the key apart. */
  readonly unique: readonly Column[];
  /** The columns that refer to the key of a table, by its name. */
  readonly references: { readonly [C in Column]?: string };
  /** Counts the changes of a row. Each change adds one. */
  readonly version?: Column;
  /** When a row was last changed. Each change sets it. */
  readonly updatedAt?: Column;
}

type ColumnType =
  | 'bigint'
  | 'boolean'
  | 'date'
  | 'double precision'
  | 'integer'
  | 'jsonb'
  | 'numeric'
  | 'smallint'
  | 'text'
  | 'timestamptz'
  | 'uuid';

/**
 * The columns that a statement reads, in the order of the definition, so that equal sets have equal shapes. Without
 * any the key is read, because `returning` asks for at least one.
 */
export function toColumns<T extends keyof Schema, C extends Column<T>>(
  definition: TableDefinition<T>,
  columns: readonly C[] | undefined,
): readonly Column<T>[] {
  const all = Object.keys(definition.types) as Column<T>[];
  if (!columns) return all;
  const wanted = new Set<string>(columns.length > 0 ? columns : [definition.key]);
  return all.filter((column) => wanted.has(column));
}

/**
 * The columns that have a value in at least one of these objects, in the order of the definition. `undefined` is no value.
 * @throws Error if an object has a property that is no column
 */
export function toGivenColumns<T extends keyof Schema>(
  { name, types }: TableDefinition<T>,
  objects: readonly object[],
): readonly Column<T>[] {
  const given = new Set<string>();
  for (const object of objects) {
    for (const [column, value] of Object.entries(object)) if (value !== undefined) given.add(column);
  }
  const unknown = [...given].find((column) => !Object.hasOwn(types, column));
  if (unknown !== undefined) throw new Error(`Table ${name} has no column "${unknown}".`);
  return (Object.keys(types) as Column<T>[]).filter((column) => given.has(column));
}

/** The table in the clause that names it: `"public"."book"`. */
export function tableOf({ schema, table }: Pick<Definition<unknown>, 'schema' | 'table'>): RawBuilder<unknown> {
  return sql.id(schema, table);
}

/** The table in later references to it: `"book"`. */
export function aliasOf({ table }: Pick<Definition<unknown>, 'table'>): RawBuilder<unknown> {
  return sql.id(table);
}

/** The name of the table in the shape of a statement. */
export function shapeOfTable({ schema, table }: Pick<Definition<unknown>, 'schema' | 'table'>): string {
  return `${schema}.${table}`;
}

/** `"id", "name"`. */
export function toList(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.id(column)));
}

/** The statement of this shape, built at its first use, with its values. */
export function bind<R>(shape: string, build: () => RawBuilder<R>, values: Values): BoundStatement<R> {
  return prepare(shape, () => ({ compile: () => build().compile(builder) })).with(values);
}

/** The assignments that go with each change of a row. */
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
