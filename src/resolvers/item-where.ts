import type { Where } from '../database/where.ts';
import { toRowId } from './global-id.ts';
import type { IdFilter, ItemWhere } from './types.generated.ts';

/** The condition on rows that a client's condition means: global IDs become keys. */
export function toItemWhere(where: ItemWhere | null | undefined): Where<'item'> {
  if (!where) return {};
  const { supplierId, and, or, not, ...columns } = where;
  return {
    ...columns,
    ...(supplierId && { supplierId: toIdFilter(supplierId) }),
    ...(and && { and: and.map(toItemWhere) }),
    ...(or && { or: or.map(toItemWhere) }),
    ...(not && { not: toItemWhere(not) }),
  };
}

function toIdFilter({ eq, ne, in: oneOf, notIn }: IdFilter) {
  const toKey = (id: string) => toRowId('Supplier', id);
  return {
    ...(eq != null && { eq: toKey(eq) }),
    ...(ne != null && { ne: toKey(ne) }),
    ...(oneOf && { in: oneOf.map(toKey) }),
    ...(notIn && { notIn: notIn.map(toKey) }),
  };
}
