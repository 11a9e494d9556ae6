import { createLoader, type LoaderSource, readRowsByKey } from 'gather';
import type { OrderLineRow } from '../generated/database.ts';

/** The lines of an order, in the order of its input. */
export const linesByOrderId = (source: LoaderSource) =>
  createLoader('linesByOrderId', source, async (orderIds: readonly string[]) => {
    const { database, columns, known } = source;
    const list = { definition: database.definitions.orderLine, column: 'orderId' } as const;
    const rows = await readRowsByKey(database, 'linesByOrderId', list, columns.orderLine, orderIds);
    known.add('orderLine', rows);
    const lines = Map.groupBy(rows.toSorted(byId), ({ orderId }) => orderId);
    return orderIds.map((id) => lines.get(id) ?? []);
  });

/** Compares as BigInt: doubles cannot tell keys of 17 digits apart. */
function byId(one: OrderLineRow, other: OrderLineRow): number {
  return Number(BigInt(one.id) - BigInt(other.id));
}
