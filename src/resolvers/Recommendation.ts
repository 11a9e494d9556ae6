import type { RecommendationResolvers } from './types.generated.ts';

export const Recommendation: RecommendationResolvers = {
  item: ({ sku }, _, { loaders }) => loaders.itemBySku.load(sku),
};
