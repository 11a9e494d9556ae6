import { createCheck, defineService } from 'gather';
import { type Responses, schemas } from '../generated/services.ts';
import { type BySku, getBySku } from './by-sku.ts';

/** The inventory service. */
export interface Inventory {
  /** Units on hand. */
  stockBySku(skus: readonly string[], signal: AbortSignal): Promise<BySku<number>>;
}

/** The inventory service. */
export const inventory = defineService<Inventory>({
  create(client) {
    const request = {
      path: '/stock',
      call: 'stock',
      check: createCheck<Responses['getStock']>(schemas.getStock),
      valuesOf: ({ stock }: Responses['getStock']) => stock,
    };
    return { stockBySku: (skus, signal) => getBySku(client, request, skus, signal) };
  },
});
