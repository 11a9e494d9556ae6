import type { ForeignKeyColumns } from '../database/foreign-key.ts';
import type { Column } from '../database/order.ts';
import type { TableName } from '../database/schema.ts';
import type { AppDefinitions } from '../database/tables.ts';
import type { Registered } from '../register.ts';
import type { Services } from '../services/services.ts';
import type { TableOfType } from './types.ts';

type Empty = Readonly<Record<never, never>>;
type AppResolvers = Registered<'resolvers', Empty>;

/** A field that resolves to the row that a column refers to. */
export interface BelongsTo<By extends ForeignKeyColumns = ForeignKeyColumns> {
  readonly kind: 'belongsTo';
  /** The foreign key of the parent's table: its column, or its columns in order. */
  readonly by: By;
}

/** A field that resolves to a Relay connection of the rows that refer to their parent. */
export interface HasMany<T extends string = string, By extends ForeignKeyColumns = ForeignKeyColumns> {
  readonly kind: 'hasMany';
  readonly table: T;
  /** The foreign key of that table that refers to the parent: its column, or its columns in order. */
  readonly by: By;
  readonly order: 'newest first' | 'oldest first';
}

/** A field that resolves to a value of a service, by the key in a column. */
export interface FromService<By extends string = string, Value = unknown> {
  readonly kind: 'fromService';
  readonly service: string;
  readonly operation: string;
  /** The column of the parent's table with the key. */
  readonly by: By;
  /** The property of the value. @default the value itself */
  readonly select: string | undefined;
  /** Never there: it carries the type. */
  readonly value?: Value;
}

/** A field that declares its source in place of a resolver. */
export type DeclaredField = BelongsTo | HasMany | FromService;

type References<T> = T extends keyof AppDefinitions ? ReferencesOf<AppDefinitions[T]> : Empty;
type ReferencesOf<Definition> = Definition extends { readonly references: infer Found } ? Found : Empty;

/** The foreign keys that `references` does not have. */
type OtherKeys<T> = T extends keyof AppDefinitions ? OtherKeysOf<AppDefinitions[T]> : never;
type OtherKeysOf<Definition> = Definition extends { readonly foreignKeys: readonly (infer Key)[] } ? Key : never;
/** The columns of those that refer to table `T`. */
type ColumnsOf<Key, T = unknown> = Key extends {
  readonly columns: infer Columns extends readonly string[];
  readonly table: T;
}
  ? Columns extends readonly [infer Column extends string]
    ? Column
    : Columns
  : never;

/** The tables with columns that refer to table `T`, each with these columns. */
type ReferringTo<T> = {
  [Other in keyof AppDefinitions & string]: HasMany<
    Other,
    | {
        [C in keyof References<Other> & string]: References<Other>[C] extends T ? C : never;
      }[keyof References<Other> & string]
    | ColumnsOf<OtherKeys<Other>, T>
  >;
}[keyof AppDefinitions & string];

type Declared<Name, Resolver> =
  | BelongsTo<(keyof References<TableOfType<Name>> & string) | ColumnsOf<OtherKeys<TableOfType<Name>>>>
  | ReferringTo<TableOfType<Name>>
  | FromService<Column<TableOfType<Name>>, ResultOf<Resolver>>;

/** What the SDL says that a field is. */
type ResultOf<Resolver> =
  Extract<Resolver, (...args: never) => unknown> extends (...args: never) => infer Result ? Awaited<Result> : never;

/** The fields of a type. A field left out resolves to the column, or the property, of the same name. */
export type Fields<Name extends keyof AppResolvers> = {
  readonly [Field in keyof NonNullable<AppResolvers[Name]>]?:
    | NonNullable<AppResolvers[Name]>[Field]
    | Declared<Name, NonNullable<AppResolvers[Name]>[Field]>;
};

/**
 * Defines the fields of a type, those that are columns left out.
 *
 * ```ts
 * export const Book = defineType('Book', {
 *   author: belongsTo('authorId'),
 *   loans: hasMany('loan', { by: 'bookId', order: 'newest first' }),
 *   rating: fromService('ratings', 'getRatings', { by: 'isbn' }),
 *   isLent: reads(['id'], ({ id }, _, { loaders }) => loaders.isLentByBookId.load(id)),
 * });
 * ```
 */
export function defineType<Name extends keyof AppResolvers>(_name: Name, fields: Fields<Name>): Fields<Name> {
  return fields;
}

/**
 * The row that a foreign key refers to; null if the key is null. One statement for all rows of a level. For a key of several
 * columns: `belongsTo(['shelf', 'place'])`.
 */
export function belongsTo<const By extends ForeignKeyColumns>(by: By): BelongsTo<By> {
  return { kind: 'belongsTo', by };
}

/** A page of the rows that refer to their parent, in key order. One statement for the pages of all parents. */
export function hasMany<const T extends TableName, const By extends Column<T> | readonly Column<T>[]>(
  table: T,
  { by, order }: { by: By; order: HasMany['order'] },
): HasMany<T, By> {
  return { kind: 'hasMany', table, by, order };
}

/**
 * The value that a service has for the key in a column; null if the column is null, or the service has none. The calls
 * are made together, for all rows of a level. `bulk` of the service declares the operation.
 */
export function fromService<
  const Service extends keyof Services & string,
  const Operation extends BulkOperation<Service>,
  const By extends string,
  const Select extends keyof BulkValue<Service, Operation> & string = never,
>(
  service: Service,
  operation: Operation,
  { by, select }: { by: By; select?: Select },
): FromService<By, Selected<BulkValue<Service, Operation>, Select> | null> {
  return { kind: 'fromService', service, operation, by, select };
}

/** The operations of a service that its `bulk` declares. */
type BulkOperation<Service extends keyof Services> = {
  [Operation in keyof Services[Service]]: Services[Service][Operation] extends { byKey: unknown } ? Operation : never;
}[keyof Services[Service]] &
  string;

type BulkValue<Service extends keyof Services, Operation> = Operation extends keyof Services[Service]
  ? Services[Service][Operation] extends { byKey: (keys: never) => Promise<(infer Value)[]> }
    ? Exclude<Value, Error | null>
    : never
  : never;

type Selected<Value, Select> = [Select] extends [never] ? Value : Select extends keyof Value ? Value[Select] : never;

/** Whether a field is declared, as opposed to resolved by a function. */
export function isDeclared(field: unknown): field is DeclaredField {
  const kind = typeof field === 'object' && field !== null && 'kind' in field ? field.kind : undefined;
  return kind === 'belongsTo' || kind === 'hasMany' || kind === 'fromService';
}
