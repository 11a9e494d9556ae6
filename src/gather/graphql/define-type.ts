import type { ForeignKeyColumns } from '../database/foreign-key.ts';
import type { Column, OrderBy } from '../database/order.ts';
import type { TableName } from '../database/schema.ts';
import type { AppDefinitions } from '../database/tables.ts';
import type { Registered } from '../register.ts';
import type { Services } from '../services/services.ts';
import type { TableOfType } from './types.ts';

type Empty = Readonly<Record<never, never>>;
type AppResolvers = Registered<'resolvers', Empty>;

const KINDS: ReadonlySet<string> = new Set<DeclaredField['kind']>([
  'belongsTo',
  'hasMany',
  'manyToMany',
  'connectionOf',
  'findBy',
  'fromService',
]);

/** A field that resolves to the row that a column refers to. */
export interface BelongsTo<By extends ForeignKeyColumns = ForeignKeyColumns> {
  readonly kind: 'belongsTo';
  /** The foreign key of the parent's table: its column, or its columns in order. */
  readonly by: By;
}

/** A field that resolves to the rows that refer to their parent: to a Relay connection, or to a list. */
export interface HasMany<T extends string = string, By extends ForeignKeyColumns = ForeignKeyColumns> {
  readonly kind: 'hasMany';
  readonly table: T;
  /** The foreign key of that table that refers to the parent: its column, or its columns in order. */
  readonly by: By;
  /** The order, unless the client gives another. */
  readonly orderBy: object;
}

/** A field that resolves to the rows to which a table of pairs leads: to a Relay connection, or to a list. */
export interface ManyToMany<T extends string = string, Through extends string = string> {
  readonly kind: 'manyToMany';
  readonly table: T;
  /** The table of pairs. */
  readonly through: Through;
  /** Its foreign key that refers to the parent; undefined if there is only one. */
  readonly by: ForeignKeyColumns | undefined;
  /** Its foreign key that refers to the rows; undefined if there is only one. */
  readonly to: ForeignKeyColumns | undefined;
  /** The order, unless the client gives another. */
  readonly orderBy: object;
}

/** A field that resolves to a Relay connection of the rows of a table. */
export interface ConnectionOf<T extends string = string> {
  readonly kind: 'connectionOf';
  readonly table: T;
  /** The order, unless the client gives another. */
  readonly orderBy: object;
}

/** A field that resolves to the row with the value of a unique column. */
export interface FindBy<T extends string = string> {
  readonly kind: 'findBy';
  readonly table: T;
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
export type DeclaredField = BelongsTo | HasMany | ManyToMany | ConnectionOf | FindBy | FromService;

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

type ReferredTo<T> = References<T>[keyof References<T>] | TablesOf<OtherKeys<T>>;
type TablesOf<Key> = Key extends { readonly table: infer Table } ? Table : never;

/** The tables of pairs with table `T`, each with the tables that it leads to. */
type PairsWith<T> = {
  [Through in keyof AppDefinitions & string]: T extends ReferredTo<Through>
    ? ManyToMany<ReferredTo<Through> & string, Through>
    : never;
}[keyof AppDefinitions & string];

type Declared<Name, Resolver> =
  | BelongsTo<(keyof References<TableOfType<Name>> & string) | ColumnsOf<OtherKeys<TableOfType<Name>>>>
  | ReferringTo<TableOfType<Name>>
  | PairsWith<TableOfType<Name>>
  | ConnectionOf
  | FindBy
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
 *   genres: manyToMany('genre', { through: 'bookGenre' }),
 *   loans: hasMany('loan', { by: 'bookId', orderBy: { lentAt: 'desc' } }),
 *   rating: fromService('ratings', 'getRatings', { by: 'isbn' }),
 *   isLent: reads(['id'], ({ id }, _, { loaders }) => loaders.isLentByBookId.load(id)),
 * });
 * ```
 */
export function defineType<Name extends keyof AppResolvers>(_name: Name, fields: Fields<Name>): Fields<Name> {
  return fields;
}

type KeyOf<T extends TableName> = Column<T> | readonly Column<T>[];

/**
 * The row that a foreign key refers to; null if the key is null. One statement for all rows of a level. For a key of several
 * columns: `belongsTo(['shelf', 'place'])`.
 */
export function belongsTo<const By extends ForeignKeyColumns>(by: By): BelongsTo<By> {
  return { kind: 'belongsTo', by };
}

/**
 * The rows that refer to their parent; of an @owned type, those of the viewer. A page, with the arguments that the SDL
 * declares, as of `connectionOf`; all of them if the SDL says that it is a list. One statement for all parents.
 */
export function hasMany<const T extends TableName, const By extends Column<T> | readonly Column<T>[]>(
  table: T,
  { by, orderBy }: { by: By; orderBy: OrderBy<T> },
): HasMany<T, By> {
  return { kind: 'hasMany', table, by, orderBy };
}

/**
 * The rows to which a table of pairs leads, such as the genres of a book: as `hasMany`. An edge has those columns of the
 * pair that its type in the SDL declares. One statement for all parents.
 *
 * @param options.by the foreign key of the pairs that refers to the parent, if there are several; `to`: to the rows
 * @param options.orderBy by columns of the rows @default by their key
 */
export function manyToMany<const T extends TableName, const Through extends TableName>(
  table: T,
  {
    through,
    by,
    to,
    orderBy = {},
  }: { through: Through; by?: KeyOf<Through>; to?: KeyOf<Through>; orderBy?: OrderBy<T> },
): ManyToMany<T, Through> {
  return { kind: 'manyToMany', table, through, by, to, orderBy };
}

/**
 * A page of the rows of a table; of an @owned type, of the viewer's rows. With the arguments that the SDL declares:
 * `where: BookWhere`, `orderBy: [BookOrder!]`, and those of a page. One statement.
 */
export function connectionOf<const T extends TableName>(
  table: T,
  { orderBy }: { orderBy: OrderBy<T> },
): ConnectionOf<T> {
  return { kind: 'connectionOf', table, orderBy };
}

/** The row with the value of a unique column, by the argument `by: BookBy!`; null if there is none. */
export function findBy<const T extends TableName>(table: T): FindBy<T> {
  return { kind: 'findBy', table };
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
  return typeof kind === 'string' && KINDS.has(kind);
}
