import { createCheck, defineService, GatherError } from 'gather';
import { type Responses, schemas } from '../generated/services.ts';

/** A supplier's name and its price per kilogram, a decimal in text. */
type SupplierQuote = Responses['getQuote'];

/** The service that passes questions on to suppliers. A supplier takes about a second to answer. */
export interface Suppliers {
  /** Throws UPSTREAM_UNAVAILABLE where this supplier is closed. @param number 0 or more */
  quote(number: number, signal: AbortSignal): Promise<SupplierQuote>;
  /** What can be smoked today. It takes them about two seconds to find out. */
  smokables(signal: AbortSignal): Promise<string[]>;
  /** The flavor of the moment. */
  flavor(signal: AbortSignal): Promise<string>;
}

/**
 * The suppliers. One holds its connection for about a second, so that fifty pages of ten quotes need 500 connections; the
 * other services answer in a fraction of that.
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
        const statuses = { 503: () => refuseClosed(number) };
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

function refuseClosed(number: number): never {
  throw new GatherError('UPSTREAM_UNAVAILABLE', `Supplier ${number} is closed.`, {
    source: 'suppliers',
    retryable: true,
  });
}
