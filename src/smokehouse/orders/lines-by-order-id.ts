import { createLoader, type LoaderSource, readRowsByKey } from 'gather';
import type { OrderLineRow } from '../generated/database.ts';

/** The lines of an order, in the order in which they were given. */
export const linesByOrderId = (source: LoaderSource) =>
  createLoader('linesByOrderId', source, async (orderIds: readonly string[]) => {
    const { database, columns, preloadReferences } = source;
    const list = { definition: database.definitions.orderLine, column: 'orderId' } as const;
    const rows = await readRowsByKey(database, 'linesByOrderId', list, columns.orderLine, orderIds);
    await preloadReferences('orderLine', rows);
    const lines = Map.groupBy(rows.toSorted(byId), ({ orderId }) => orderId);
    return orderIds.map((id) => lines.get(id) ?? []);
  });

/** A double would take keys of 17 digits and more for equal. */
function byId(one: OrderLineRow, other: OrderLineRow): number {
  return Number(BigInt(one.id) - BigInt(other.id));
}
