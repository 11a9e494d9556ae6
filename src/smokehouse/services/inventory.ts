import { createCheck } from '../../gather/services/check.ts';
import type { Upstream } from '../../gather/services/upstream.ts';
import type { Responses } from '../generated/services.ts';
import { askBySku, type BySku } from './by-sku.ts';

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
