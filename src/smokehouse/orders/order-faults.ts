import { type Database, type ErrorCode, GatherError, type Id, isOfUpstream, readRowsByKey } from 'gather';
import type { ItemRow } from '../generated/database.ts';
import type { Inventory } from '../services/inventory.ts';
import type { NewLine } from './order-rows.ts';

/** Why an order is not placed. */
export interface OrderFault {
  code: Extract<ErrorCode, 'INVALID_INPUT' | 'NOT_FOUND' | 'CONFLICT' | `UPSTREAM_${string}`>;
  message: string;
  /** Where in the order it lies: `['lines', '2', 'itemId']`; null where it lies in none of its parts. */
  field: string[] | null;
}

interface FaultSource {
  database: Database;
  inventory: Inventory;
}

type OrderedItem = Pick<ItemRow, 'id' | 'sku' | 'status'>;
type Items = ReadonlyMap<Id, OrderedItem>;

/**
 * All that keeps these lines from being ordered: items that are not there or not ACTIVE, and more of an item, in all
 * lines together, than is in stock. The inventory service has none of an item that it does not know. Where it does not
 * answer, or wrongly, that is a fault too.
 */
export async function findOrderFaults(
  { database, inventory }: FaultSource,
  lines: readonly NewLine[],
): Promise<OrderFault[]> {
  const items = await readItems(database, lines);
  const active = [...items.values()].filter(({ status }) => status === 'ACTIVE');
  const stock = await inventory.stockBySku(
    active.map(({ sku }) => sku),
    database.signal,
  );
  const units = new Map<Id, number>();
  for (const { id, sku } of active) {
    const found = stock.get(sku) ?? 0;
    if (found instanceof Error) return [...faultsOfItems(lines, items), toUpstreamFault(found)];
    units.set(id, found);
  }
  return [...faultsOfItems(lines, items), ...faultsOfStock(lines, units)];
}

async function readItems(database: Database, lines: readonly NewLine[]): Promise<Items> {
  const ids = [...new Set(lines.map(({ itemId }) => itemId))];
  const key = { definition: database.definitions.item, column: 'id' } as const;
  const rows = await readRowsByKey(database, 'order.items', key, ['id', 'sku', 'status'], ids);
  return new Map(rows.map((row) => [row.id, row]));
}

function faultsOfItems(lines: readonly NewLine[], items: Items): OrderFault[] {
  return lines.flatMap(({ itemId }, index): OrderFault[] => {
    const field = ['lines', String(index), 'itemId'];
    const item = items.get(itemId);
    if (!item) return [{ code: 'NOT_FOUND', message: 'There is no item with this ID.', field }];
    if (item.status === 'ACTIVE') return [];
    return [
      { code: 'INVALID_INPUT', message: `Expected an item that is ACTIVE, got one that is ${item.status}.`, field },
    ];
  });
}

/** Units that an earlier line takes are not there for a later one. @param units of each item that is ACTIVE */
function faultsOfStock(lines: readonly NewLine[], units: ReadonlyMap<Id, number>): OrderFault[] {
  const ordered = new Map<Id, number>();
  return lines.flatMap(({ itemId, quantity }, index): OrderFault[] => {
    const available = units.get(itemId) ?? Number.POSITIVE_INFINITY;
    const inAll = (ordered.get(itemId) ?? 0) + quantity;
    ordered.set(itemId, inAll);
    if (inAll <= available) return [];
    const message = `Expected at most ${available} of this item in all, which are in stock, got ${inAll}.`;
    return [{ code: 'INVALID_INPUT', message, field: ['lines', String(index), 'quantity'] }];
  });
}

function toUpstreamFault(error: Error): OrderFault {
  if (!(error instanceof GatherError) || !isOfUpstream(error.code)) throw error;
  const message = `Nothing was ordered, because it is not known what is in stock: ${error.message} The same request may be sent again.`;
  return { code: error.code, message, field: null };
}
