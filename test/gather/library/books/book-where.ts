import { toRowId, type Where } from 'gather';
import type { BookWhere, IdFilter } from '../generated/schema.ts';

/**
 * The condition on rows that a client's condition means: global IDs become keys. What is null or empty stays so, for
 * those who must know.
 */
export function toBookWhere(where: BookWhere | null | undefined): Where<'book'> {
  if (!where) return {};
  const { authorId, and, or, not } = where;
  return {
    ...where,
    ...(authorId && { authorId: toIdFilter(authorId) }),
    ...(and && { and: and.map(toBookWhere) }),
    ...(or && { or: or.map(toBookWhere) }),
    ...(not && { not: toBookWhere(not) }),
  };
}

function toIdFilter(filter: IdFilter): IdFilter {
  const { eq, ne, in: oneOf, notIn } = filter;
  const toKey = (id: string) => toRowId('Author', id);
  return {
    ...filter,
    ...(eq != null && { eq: toKey(eq) }),
    ...(ne != null && { ne: toKey(ne) }),
    ...(oneOf && { in: oneOf.map(toKey) }),
    ...(notIn && { notIn: notIn.map(toKey) }),
  };
}
