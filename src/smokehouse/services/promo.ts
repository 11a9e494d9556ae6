import { createCheck, defineService } from 'gather';
import { type Responses, schemas } from '../generated/services.ts';

/** The promotion of the day. */
export type Promo = Responses['getPromo'];

/** The promo service. */
export interface PromoService {
  /** Today's promotion, if any. */
  today(signal: AbortSignal): Promise<Promo | undefined>;
}

/** The promo service. */
export const promo = defineService<PromoService>({
  create(client) {
    const check = createCheck<Promo>(schemas.getPromo);
    const statuses = { 204: () => undefined };
    return {
      today: (signal) => client.get<Promo | undefined>('/promo', { call: 'today', signal, check, statuses }),
    };
  },
});
