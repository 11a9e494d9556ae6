import { findRow } from './rows.ts';
import type { PromoResolvers } from './types.generated.ts';

export const Promo: PromoResolvers = {
  item: ({ sku }, _, { loaders }) => (sku ? findRow(loaders.itemBySku, sku) : null),
};
