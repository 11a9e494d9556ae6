import type { PromoResolvers } from './types.generated.ts';

export const Promo: PromoResolvers = {
  item: ({ sku }, _, { loaders }) => (sku ? loaders.itemBySku.load(sku) : null),
};
