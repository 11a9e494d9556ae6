import { GatherError } from '../../gather/errors.ts';
import { createCheck } from '../../gather/services/check.ts';
import type { Upstream } from '../../gather/services/upstream.ts';
import type { Responses } from '../generated/services.ts';

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

/** The suppliers, reached through this upstream. */
export function createSuppliers(upstream: Upstream): Suppliers {
  const checkQuote = createCheck('getQuote');
  const checkSmokables = createCheck('getSmokables');
  const checkFlavor = createCheck('getFlavor');
  return {
    quote: (number, signal) => {
      const statuses = { 503: () => refuseClosed(number) };
      return upstream.get(`/suppliers/${number}/quote`, { call: 'quote', signal, check: checkQuote, statuses });
    },
    smokables: async (signal) => {
      const { smokables } = await upstream.get('/smokables', { call: 'smokables', signal, check: checkSmokables });
      return smokables;
    },
    flavor: async (signal) => {
      const { flavor } = await upstream.get('/flavor', { call: 'flavor', signal, check: checkFlavor });
      return flavor;
    },
  };
}

function refuseClosed(number: number): never {
  throw new GatherError('UPSTREAM_UNAVAILABLE', `Supplier ${number} is closed.`, {
    source: 'suppliers',
    retryable: true,
  });
}
