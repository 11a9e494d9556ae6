import { type RawBuilder, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** The name of a column. */
export type Column<T extends keyof Schema> = keyof Schema[T] & string;

type Direction = 'asc' | 'desc';

/** One term of an order. Nulls are last when ascending and first when descending, as in PostgreSQL. */
export interface OrderTerm<T extends keyof Schema> {
  readonly column: Column<T>;
  readonly direction: Direction;
}

/** An order by columns, the first one first: `{ status: 'asc', price: 'desc' }`. */
export type OrderBy<T extends keyof Schema> = { readonly [C in Column<T>]?: Direction };

/** The terms of an order. */
export function toTerms<T extends keyof Schema>(orderBy: OrderBy<T>): readonly OrderTerm<T>[] {
  return Object.entries<Direction>(orderBy as Record<string, Direction>).map(([column, direction]) => ({
    column: column as Column<T>,
    direction,
  }));
}

/**
 * Completes a total order: the key breaks ties, in the direction of the last term, so that one index serves the order and
 * its reverse. Drops redundant terms, which repeat a column or follow the key.
 */
export function toTotalOrder<T extends keyof Schema>(
  terms: readonly OrderTerm<T>[],
  key: readonly Column<T>[],
): readonly OrderTerm<T>[] {
  const order = new Map<string, OrderTerm<T>>();
  const direction = terms.at(-1)?.direction ?? 'asc';
  for (const term of [...terms, ...key.map((column) => ({ column, direction }))]) {
    if (!key.every((column) => order.has(column)) && !order.has(term.column)) order.set(term.column, term);
  }
  return [...order.values()];
}

/** The reverse of an order. */
export function reverseOrder<T extends keyof Schema>(order: readonly OrderTerm<T>[]): readonly OrderTerm<T>[] {
  return order.map(({ column, direction }) => ({ column, direction: direction === 'asc' ? 'desc' : 'asc' }));
}

/** `"price" desc, "id" asc`. */
export function toOrderBy<T extends keyof Schema>(order: readonly OrderTerm<T>[]): RawBuilder<unknown> {
  return sql.join(order.map(({ column, direction }) => sql`${sql.id(column)} ${sql.raw(direction)}`));
}

/** An order as text, for the shape of a statement and for cursors: `price:desc,id:asc`. */
export function shapeOfOrder<T extends keyof Schema>(order: readonly OrderTerm<T>[]): string {
  return order.map(({ column, direction }) => `${column}:${direction}`).join();
}
