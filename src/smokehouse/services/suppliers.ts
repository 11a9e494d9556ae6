import { createCheck, defineService, GatherError } from 'gather';
import { type Responses, schemas } from '../generated/services.ts';

/** A supplier's name, and its price per kilogram as a decimal. */
type SupplierQuote = Responses['getQuote'];

/** The gateway to suppliers. A supplier takes about a second to answer. */
export interface Suppliers {
  /** @param number from 0 @throws UPSTREAM_UNAVAILABLE if this supplier is closed */
  quote(number: number, signal: AbortSignal): Promise<SupplierQuote>;
  /** What can be smoked today. Takes about two seconds. */
  smokables(signal: AbortSignal): Promise<string[]>;
  /** The flavor of the moment. */
  flavor(signal: AbortSignal): Promise<string>;
}

/**
 * The suppliers. A quote holds its connection for about a second, so fifty pages of ten quotes need 500 connections; other
 * services answer in a fraction of that.
 */
export const suppliers = defineService<Suppliers>({
  connections: 512,
  timeoutMs: 5000,
  create(client) {
    const checkQuote = createCheck<SupplierQuote>(schemas.getQuote);
    const checkSmokables = createCheck<Responses['getSmokables']>(schemas.getSmokables);
    const checkFlavor = createCheck<Responses['getFlavor']>(schemas.getFlavor);
    return {
      quote: (number, signal) => {
        const statuses = { 503: () => throwClosed(number) };
        return client.get(`/suppliers/${number}/quote`, { call: 'quote', signal, check: checkQuote, statuses });
      },
      smokables: async (signal) => {
        const { smokables } = await client.get('/smokables', { call: 'smokables', signal, check: checkSmokables });
        return smokables;
      },
      flavor: async (signal) => {
        const { flavor } = await client.get('/flavor', { call: 'flavor', signal, check: checkFlavor });
        return flavor;
      },
    };
  },
});

function throwClosed(number: number): never {
  throw new GatherError('UPSTREAM_UNAVAILABLE', `Supplier ${number} is closed.`, {
    source: 'suppliers',
    retryable: true,
  });
}
