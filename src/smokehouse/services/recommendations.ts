import { createCheck } from '../../gather/services/check.ts';
import type { Upstream } from '../../gather/services/upstream.ts';
import type { Responses } from '../generated/services.ts';

/** An item to recommend, by its SKU, and why. */
export type Recommendation = Responses['getRecommendations']['recommendations'][number];

/** The recommendation service. */
export interface Recommendations {
  /** Best first. @param limit 1 to 50 */
  list(options: { limit: number }, signal: AbortSignal): Promise<Recommendation[]>;
}

/** The recommendation service, reached through this upstream. */
export function createRecommendations(upstream: Upstream): Recommendations {
  const check = createCheck('getRecommendations');
  return {
    list: async ({ limit }, signal) => {
      const path = `/recommendations?limit=${limit}`;
      const { recommendations } = await upstream.get(path, { call: 'list', signal, check });
      return recommendations;
    },
  };
}
