import { createCheck } from '../../gather/services/check.ts';
import type { Upstream } from '../../gather/services/upstream.ts';
import type { Responses } from '../generated/services.ts';
import { askBySku, type BySku } from './by-sku.ts';

/** The pricing service. */
export interface Pricing {
  /** Today's prices, as decimals in text. */
  pricesBySku(skus: readonly string[], signal: AbortSignal): Promise<BySku<string>>;
}

/** The pricing service, reached through this upstream. */
export function createPricing(upstream: Upstream): Pricing {
  const question = {
    path: '/prices',
    call: 'prices',
    check: createCheck('getPrices'),
    valuesOf: ({ prices }: Responses['getPrices']) => prices,
  };
  return { pricesBySku: (skus, signal) => askBySku(upstream, question, skus, signal) };
}
