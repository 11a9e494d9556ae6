import { findRow } from 'gather';
import type { PromoResolvers } from '../generated/schema.ts';

export const Promo: PromoResolvers = {
  item: ({ sku }, _, { loaders }) => (sku ? findRow(loaders.itemBySku, sku) : null),
};
