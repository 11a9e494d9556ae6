import { GatherError } from '../errors.ts';
import { createCheck } from './check.ts';
import type { Responses } from './services.generated.ts';
import type { Upstream } from './upstream.ts';

/** A supplier's name and its price per kilogram, a decimal in text. */
type SupplierQuote = Responses['getQuote'];

/** The service that passes questions on to suppliers. A supplier takes about a second to answer. */
export interface Suppliers {
  /** Throws UPSTREAM_UNAVAILABLE where this supplier is closed. @param number 0 or more */
  quote(number: number, signal: AbortSignal): Promise<SupplierQuote>;
}

/** The suppliers, reached through this upstream. */
export function createSuppliers(upstream: Upstream): Suppliers {
  const check = createCheck('getQuote');
  return {
    quote: (number, signal) => {
      const statuses = { 503: () => refuseClosed(number) };
      return upstream.get(`/suppliers/${number}/quote`, { call: 'quote', signal, check, statuses });
    },
  };
}

function refuseClosed(number: number): never {
  throw new GatherError('UPSTREAM_UNAVAILABLE', `Supplier ${number} is closed.`, {
    source: 'suppliers',
    retryable: true,
  });
}
