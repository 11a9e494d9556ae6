import { askBySku, type BySku } from './by-sku.ts';
import { createCheck } from './check.ts';
import type { Responses } from './services.generated.ts';
import type { Upstream } from './upstream.ts';

/** The inventory service. */
export interface Inventory {
  /** Units on hand. */
  stockBySku(skus: readonly string[], signal: AbortSignal): Promise<BySku<number>>;
}

/** The inventory service, reached through this upstream. */
export function createInventory(upstream: Upstream): Inventory {
  const question = {
    path: '/stock',
    call: 'stock',
    check: createCheck('getStock'),
    valuesOf: ({ stock }: Responses['getStock']) => stock,
  };
  return { stockBySku: (skus, signal) => askBySku(upstream, question, skus, signal) };
}
