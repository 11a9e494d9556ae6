import { toIdFilter, type Where } from 'gather';
import type { BookWhere } from '../generated/schema.ts';

/**
 * The condition on rows that a client's condition means: global IDs become keys. What is null or empty stays so:
 * changes refuse it.
 */
export function toBookWhere(where: BookWhere | null | undefined): Where<'book'> {
  if (!where) return {};
  const { authorId, and, or, not, ...columns } = where;
  return {
    ...columns,
    ...('authorId' in where && { authorId: authorId && toIdFilter('Author', authorId) }),
    ...('and' in where && { and: and ? and.map(toBookWhere) : and }),
    ...('or' in where && { or: or ? or.map(toBookWhere) : or }),
    ...('not' in where && { not: not && toBookWhere(not) }),
  };
}
