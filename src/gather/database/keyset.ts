import { type Expression, type SqlBool, sql } from 'kysely';
import type { CursorValue } from './cursor.ts';
import type { Column, OrderTerm } from './order.ts';
import type { Schema } from './schema.ts';
import { param, type Values } from './statement.ts';

type Condition = Expression<SqlBool>;

/** A position in an order: the values of its columns in one row. */
export interface Position<T extends keyof Schema> {
  order: readonly OrderTerm<T>[];
  values: readonly CursorValue[];
  /** The name of the statement's params. */
  name: string;
}

/**
 * Matches the rows after a position, with nulls last when ascending and first when descending, as in PostgreSQL.
 *
 * If all terms have one direction and no column is nullable, it is one comparison of rows, which an index can answer:
 * `("price", "id") > ($1, $2)`. Otherwise the same, term by term: `("price" < $1 or ("price" = $1 and "id" > $2))`.
 */
export function isAfter<T extends keyof Schema>(position: Position<T>, nullable: readonly Column<T>[]): Condition {
  const { order } = position;
  const isUniform = order.every((term) => term.direction === order[0]?.direction && !nullable.includes(term.column));
  return isUniform ? compareRows(position) : compareTerms(position, nullable);
}

/** The part of a position that changes the SQL of `isAfter`, besides its order: which values are null. */
export function shapeOfPosition<T extends keyof Schema>({ values, name }: Position<T>): string {
  return name + values.map((value) => (value === null ? '0' : '1')).join('');
}

/** The values of a position's params. */
export function paramsOfPosition<T extends keyof Schema>({ values, name }: Position<T>): Values {
  return { [name]: values };
}

function compareRows<T extends keyof Schema>({ order, name }: Position<T>): Condition {
  const columns = sql.join(order.map(({ column }) => sql.id(column)));
  const params = sql.join(order.map((_, index) => param(name, index)));
  return sql`(${columns}) ${sql.raw(order[0]?.direction === 'asc' ? '>' : '<')} (${params})`;
}

function compareTerms<T extends keyof Schema>(
  { order, values, name }: Position<T>,
  nullable: readonly Column<T>[],
): Condition {
  return order.reduceRight<Condition>((laterTerms, { column, direction }, index) => {
    const reference = sql.id(column);
    const value = param(name, index);
    if (values[index] === null) {
      const tie = sql<SqlBool>`(${reference} is null and ${laterTerms})`;
      return direction === 'asc' ? tie : sql`(${reference} is not null or ${tie})`;
    }
    const tie = sql`(${reference} = ${value} and ${laterTerms})`;
    if (direction === 'desc') return sql`(${reference} < ${value} or ${tie})`;
    const beyond = nullable.includes(column)
      ? sql`${reference} is null or ${reference} > ${value}`
      : sql`${reference} > ${value}`;
    return sql`(${beyond} or ${tie})`;
  }, sql`false`);
}
