import { toIdFilter, type Where } from 'gather';
import type { ItemWhere } from '../generated/schema.ts';

/**
 * Converts a client's condition to a condition on rows: global IDs become keys. Keeps null and empty parts, which changes
 * refuse.
 */
export function toItemWhere(where: ItemWhere | null | undefined): Where<'item'> {
  if (!where) return {};
  const { supplierId, and, or, not, ...columns } = where;
  return {
    ...columns,
    ...('supplierId' in where && { supplierId: supplierId && toIdFilter('Supplier', supplierId) }),
    ...('and' in where && { and: and ? and.map(toItemWhere) : and }),
    ...('or' in where && { or: or ? or.map(toItemWhere) : or }),
    ...('not' in where && { not: not && toItemWhere(not) }),
  };
}
