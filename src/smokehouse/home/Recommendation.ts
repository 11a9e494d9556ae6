import { findRow } from '../../gather/graphql/rows.ts';
import type { RecommendationResolvers } from '../generated/schema.ts';

export const Recommendation: RecommendationResolvers = {
  item: ({ sku }, _, { loaders }) => findRow(loaders.itemBySku, sku),
};
