import { defineService } from 'gather';
import { contracts } from '../generated/services.ts';

const promo = defineService(contracts.promo);

const recommendations = defineService(contracts.recommendations);

const pricing = defineService(contracts.pricing, {
  bulk: { getPrices: { in: 'query.skus', out: 'prices.*' } },
});

const inventory = defineService(contracts.inventory, {
  bulk: { getStock: { in: 'query.skus', out: 'stock.*' } },
});

/**
 * A quote holds its connection for about a second, so fifty pages of ten quotes need 500 connections; other services answer
 * in a fraction of that. A supplier that is closed (503) is no outage of the gateway.
 */
const suppliers = defineService(contracts.suppliers, {
  connections: 512,
  timeoutMs: 5000,
  expected: { getQuote: [503] },
});

/** The services of the files in services. */
export const services = { promo, recommendations, pricing, inventory, suppliers };

declare module 'gather' {
  interface Register {
    services: typeof services;
  }
}
