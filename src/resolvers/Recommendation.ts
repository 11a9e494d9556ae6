import { findRow } from './rows.ts';
import type { RecommendationResolvers } from './types.generated.ts';

export const Recommendation: RecommendationResolvers = {
  item: ({ sku }, _, { loaders }) => findRow(loaders.itemBySku, sku),
};
