import { findRow } from 'gather';
import type { RecommendationResolvers } from '../generated/schema.ts';

export const Recommendation: RecommendationResolvers = {
  item: ({ sku }, _, { loaders }) => findRow(loaders.itemBySku, sku),
};
