import { createCheck } from '../../gather/services/check.ts';
import type { Upstream } from '../../gather/services/upstream.ts';
import type { Responses } from '../generated/services.ts';

/** The promotion of the day. */
export type Promo = Responses['getPromo'];

/** The promo service. */
export interface PromoService {
  /** Today's promotion, where there is one. */
  today(signal: AbortSignal): Promise<Promo | undefined>;
}

/** The promo service, reached through this upstream. */
export function createPromo(upstream: Upstream): PromoService {
  const check = createCheck('getPromo');
  const statuses = { 204: () => undefined };
  return {
    today: (signal) => upstream.get<Promo | undefined>('/promo', { call: 'today', signal, check, statuses }),
  };
}
