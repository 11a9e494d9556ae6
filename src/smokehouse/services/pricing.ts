import { createCheck, defineService } from 'gather';
import { type Responses, schemas } from '../generated/services.ts';
import { type BySku, getBySku } from './by-sku.ts';

/** The pricing service. */
export interface Pricing {
  /** Today's prices. */
  pricesBySku(skus: readonly string[], signal: AbortSignal): Promise<BySku<string>>;
}

/** The pricing service. */
export const pricing = defineService<Pricing>({
  create(client) {
    const request = {
      path: '/prices',
      call: 'prices',
      check: createCheck<Responses['getPrices']>(schemas.getPrices),
      valuesOf: ({ prices }: Responses['getPrices']) => prices,
    };
    return { pricesBySku: (skus, signal) => getBySku(client, request, skus, signal) };
  },
});
