import type { OrderTerm } from 'gather';
import type { BookOrder, BookOrderField } from '../generated/schema.ts';

const COLUMNS = {
  ISBN: 'isbn',
  TITLE: 'title',
  STATUS: 'status',
  PRICE: 'price',
  PAGES: 'pages',
  CREATED_AT: 'createdAt',
  UPDATED_AT: 'updatedAt',
} as const satisfies Record<BookOrderField, string>;

/** The order of rows that a client's order means. */
export function toBookOrder(orderBy: readonly BookOrder[] | null | undefined): OrderTerm<'book'>[] {
  return (orderBy ?? []).map(({ field, direction }) => ({
    column: COLUMNS[field],
    direction: direction === 'DESC' ? 'desc' : 'asc',
  }));
}
