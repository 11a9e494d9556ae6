import { createCheck, defineService } from 'gather';
import { type Responses, schemas } from '../generated/services.ts';

/** The SKU of a recommended item, and the reason. */
export type Recommendation = Responses['getRecommendations']['recommendations'][number];

/** The recommendation service. */
export interface Recommendations {
  /** Best first. @param limit 1 to 50 */
  list(options: { limit: number }, signal: AbortSignal): Promise<Recommendation[]>;
}

/** The recommendation service. */
export const recommendations = defineService<Recommendations>({
  create(client) {
    const check = createCheck<Responses['getRecommendations']>(schemas.getRecommendations);
    return {
      list: async ({ limit }, signal) => {
        const path = `/recommendations?limit=${limit}`;
        const answer = await client.get(path, { call: 'list', signal, check });
        return answer.recommendations;
      },
    };
  },
});
