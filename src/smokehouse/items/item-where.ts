import { toRowId, type Where } from 'gather';
import type { IdFilter, ItemWhere } from '../generated/schema.ts';

/**
 * Converts a client's condition to a condition on rows: global IDs become keys. Keeps null and empty parts, which
 * `compileNarrowing` refuses.
 */
export function toItemWhere(where: ItemWhere | null | undefined): Where<'item'> {
  if (!where) return {};
  const { supplierId, and, or, not } = where;
  return {
    ...where,
    ...(supplierId && { supplierId: toIdFilter(supplierId) }),
    ...(and && { and: and.map(toItemWhere) }),
    ...(or && { or: or.map(toItemWhere) }),
    ...(not && { not: toItemWhere(not) }),
  };
}

function toIdFilter(filter: IdFilter): IdFilter {
  const { eq, ne, in: oneOf, notIn } = filter;
  const toKey = (id: string) => toRowId('Supplier', id);
  return {
    ...filter,
    ...(eq != null && { eq: toKey(eq) }),
    ...(ne != null && { ne: toKey(ne) }),
    ...(oneOf && { in: oneOf.map(toKey) }),
    ...(notIn && { notIn: notIn.map(toKey) }),
  };
}
