import {
  type Database,
  type ErrorCode,
  GatherError,
  type Id,
  isOfUpstream,
  readRowsByKey,
  type Services,
} from 'gather';
import type { ItemRow } from '../generated/database.ts';
import type { NewLine } from './order-rows.ts';

/** A reason why an order is not placed. */
export interface OrderFault {
  code: Extract<ErrorCode, 'INVALID_INPUT' | 'NOT_FOUND' | 'CONFLICT' | `UPSTREAM_${string}`>;
  message: string;
  /** The path of the input at fault: `['lines', '2', 'itemId']`; null if it is none of the input. */
  field: string[] | null;
}

interface FaultSource {
  database: Database;
  inventory: Services['inventory'];
}

type OrderedItem = Pick<ItemRow, 'id' | 'sku' | 'status'>;
type Items = ReadonlyMap<Id, OrderedItem>;

/**
 * Finds all reasons why these lines cannot be ordered: items that are missing or not ACTIVE, and items with fewer units in
 * stock than all lines together order. An item that the inventory service does not know is out of stock. A failure of the
 * service is a fault too.
 */
export async function findOrderFaults(
  { database, inventory }: FaultSource,
  lines: readonly NewLine[],
): Promise<OrderFault[]> {
  const items = await readItems(database, lines);
  const active = [...items.values()].filter(({ status }) => status === 'ACTIVE');
  const stock = await inventory.getStock.byKey(active.map(({ sku }) => sku));
  const units = new Map<Id, number>();
  for (const [index, { id }] of active.entries()) {
    const found = stock[index] ?? 0;
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

/** Adds up the lines of an item: the fault is at the line that exceeds its stock. @param units in stock of ACTIVE items */
function faultsOfStock(lines: readonly NewLine[], units: ReadonlyMap<Id, number>): OrderFault[] {
  const ordered = new Map<Id, number>();
  return lines.flatMap(({ itemId, quantity }, index): OrderFault[] => {
    const available = units.get(itemId) ?? Number.POSITIVE_INFINITY;
    const sum = (ordered.get(itemId) ?? 0) + quantity;
    ordered.set(itemId, sum);
    if (sum <= available) return [];
    const message = `Expected at most ${available} of this item, which are in stock, got ${sum}.`;
    return [{ code: 'INVALID_INPUT', message, field: ['lines', String(index), 'quantity'] }];
  });
}

function toUpstreamFault(error: Error): OrderFault {
  if (!(error instanceof GatherError) || !isOfUpstream(error.code)) throw error;
  const message = `Nothing was ordered, because the stock is unknown: ${error.message} The same request may be sent again.`;
  return { code: error.code, message, field: null };
}
