import { createCheck, defineService } from 'gather';
import { type Responses, schemas } from '../generated/services.ts';
import { askBySku, type BySku } from './by-sku.ts';

/** The pricing service. */
export interface Pricing {
  /** Today's prices, as decimals in text. */
  pricesBySku(skus: readonly string[], signal: AbortSignal): Promise<BySku<string>>;
}

/** The pricing service. */
export const pricing = defineService<Pricing>({
  create(client) {
    const question = {
      path: '/prices',
      call: 'prices',
      check: createCheck<Responses['getPrices']>(schemas.getPrices),
      valuesOf: ({ prices }: Responses['getPrices']) => prices,
    };
    return { pricesBySku: (skus, signal) => askBySku(client, question, skus, signal) };
  },
});
