import { type Expression, type SqlBool, sql } from 'kysely';

/** Conditions on one column, all of which must hold. A null or undefined operator is ignored. */
export type Filter<Value> = Equality<Value> & Comparison<Value> & Matching<Value> & Containing<Value> & Nullness<Value>;

interface Equality<Value> {
  /** Null, on a nullable column, matches rows without a value. */
  readonly eq?: Value | null | undefined;
  /** Also matches rows without a value. Null, on a nullable column, matches rows with one. */
  readonly ne?: Value | null | undefined;
  /** An empty list matches no row. */
  readonly in?: readonly NonNullable<Value>[] | null | undefined;
  /** Also matches rows without a value. */
  readonly notIn?: readonly NonNullable<Value>[] | null | undefined;
}

interface Comparison<Value> {
  readonly lt?: Value | null | undefined;
  readonly lte?: Value | null | undefined;
  readonly gt?: Value | null | undefined;
  readonly gte?: Value | null | undefined;
}

/** Case-insensitive, without special characters. For columns of type `text`. */
type Matching<Value> = [Value] extends [string | null]
  ? {
      readonly contains?: string | null | undefined;
      readonly startsWith?: string | null | undefined;
      readonly endsWith?: string | null | undefined;
    }
  : unknown;

/** For arrays. */
type Containing<Value> = [Value] extends [readonly (infer Element)[] | null]
  ? {
      /** Whether this is an element. */
      readonly has?: Element | null | undefined;
      /** Whether one of these is an element. An empty list matches no row. */
      readonly overlaps?: readonly Element[] | null | undefined;
    }
  : unknown;

type Nullness<Value> = null extends Value ? { readonly isNull?: boolean | null | undefined } : unknown;

/** An operator of conditions. */
export interface Operator {
  sql: (column: Expression<unknown>, value: unknown) => Expression<SqlBool>;
  toValue?: (value: unknown) => unknown;
  /** Its values are compared for equality. */
  isEquality?: true;
  /** It takes no value. */
  isUnary?: true;
  isForText?: true;
  isForArrays?: true;
  /** Its list is one of values, which arrays cannot be. */
  isOfList?: true;
  /** Its truth for every row, if that depends on the value only. */
  truthOf?: (value: unknown, isNullable: boolean) => boolean | undefined;
}

const ofEmptyList = (truth: boolean) => (values: unknown) =>
  Array.isArray(values) && values.length === 0 ? truth : undefined;

/** Every text contains, starts with and ends with the empty text. */
const ofEmptyText: Operator['truthOf'] = (text, isNullable) => (text === '' && !isNullable ? true : undefined);

const matching = (toPattern: (text: string) => string): Operator => ({
  sql: (column, pattern) => sql`${column} ilike ${pattern}`,
  toValue: (text) => toPattern(escapePattern(text)),
  isForText: true,
  truthOf: ofEmptyText,
});

/**
 * The operators by name. Negated ones match nulls too, so that each row matches either a condition or its negation. A list
 * is one parameter, so that the statement is the same for any length.
 */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['eq', { sql: (column, value) => sql`${column} = ${value}`, isEquality: true }],
  // Not `is distinct from`: a value that the column cannot hold is null, from which a row without a value is not distinct.
  ['ne', { sql: (column, value) => sql`(${column} = ${value}) is not true`, isEquality: true }],
  [
    'in',
    {
      sql: (column, values) => sql`${column} = any(${values})`,
      isEquality: true,
      isOfList: true,
      truthOf: ofEmptyList(false),
    },
  ],
  [
    'notIn',
    {
      sql: (column, values) => sql`(${column} = any(${values})) is not true`,
      isEquality: true,
      isOfList: true,
      truthOf: ofEmptyList(true),
    },
  ],
  ['lt', { sql: (column, value) => sql`${column} < ${value}` }],
  ['lte', { sql: (column, value) => sql`${column} <= ${value}` }],
  ['gt', { sql: (column, value) => sql`${column} > ${value}` }],
  ['gte', { sql: (column, value) => sql`${column} >= ${value}` }],
  ['contains', matching((text) => `%${text}%`)],
  ['startsWith', matching((text) => `${text}%`)],
  ['endsWith', matching((text) => `%${text}`)],
  ['has', { sql: (column, values) => sql`${column} @> ${values}`, toValue: (value) => [value], isForArrays: true }],
  [
    'overlaps',
    { sql: (column, values) => sql`${column} && ${values}`, isForArrays: true, truthOf: ofEmptyList(false) },
  ],
  ['null', { sql: (column) => sql`${column} is null`, isUnary: true }],
  ['notNull', { sql: (column) => sql`${column} is not null`, isUnary: true }],
]);

/** The name in `operators` of an operator with this value; undefined if the operator is not given. */
export function toOperatorName(name: string, value: unknown, isNullable: boolean): string | undefined {
  if (value === undefined) return undefined;
  if (name === 'isNull' && value !== null) return value ? 'null' : 'notNull';
  if (value !== null) return name;
  if (!isNullable) return undefined;
  if (name === 'eq') return 'null';
  return name === 'ne' ? 'notNull' : undefined;
}

function escapePattern(text: unknown): string {
  return String(text).replace(/[\\%_]/g, '\\$&');
}
