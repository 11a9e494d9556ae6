import { createCheck } from './check.ts';
import { toSkuList } from './skus.ts';
import type { Upstream } from './upstream.ts';

/** How many SKUs the service takes at a time. */
export const MAX_KEYS = 100;

/** The inventory service. */
export interface Inventory {
  /** Units on hand. A SKU that the service does not know is absent. @param skus 1 to 100 */
  stockBySku(skus: readonly string[], signal: AbortSignal): Promise<Map<string, number>>;
}

/** The inventory service, reached through this upstream. */
export function createInventory(upstream: Upstream): Inventory {
  const check = createCheck('getStock');
  return {
    stockBySku: async (skus, signal) => {
      const path = `/stock?skus=${toSkuList(skus)}`;
      const { stock } = await upstream.get(path, { call: 'stock', keys: skus.length, signal, check });
      return new Map(Object.entries(stock));
    },
  };
}
