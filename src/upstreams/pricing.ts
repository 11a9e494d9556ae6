import { createCheck } from './check.ts';
import { toSkuList } from './skus.ts';
import type { Upstream } from './upstream.ts';

/** How many SKUs the service takes at a time. */
export const MAX_KEYS = 100;

/** The pricing service. */
export interface Pricing {
  /** Today's prices, as decimals in text. A SKU that the service does not know is absent. @param skus 1 to 100 */
  pricesBySku(skus: readonly string[], signal: AbortSignal): Promise<Map<string, string>>;
}

/** The pricing service, reached through this upstream. */
export function createPricing(upstream: Upstream): Pricing {
  const check = createCheck('getPrices');
  return {
    pricesBySku: async (skus, signal) => {
      const path = `/prices?skus=${toSkuList(skus)}`;
      const { prices } = await upstream.get(path, { call: 'prices', keys: skus.length, signal, check });
      return new Map(Object.entries(prices));
    },
  };
}
