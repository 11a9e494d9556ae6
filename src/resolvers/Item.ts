import { toPage } from '../database/page.ts';
import { toGlobalId } from './global-id.ts';
import { reads, refers } from './reads.ts';
import { findRow } from './rows.ts';
import type { ItemResolvers } from './types.generated.ts';

export const Item: ItemResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Item', id)),
  supplier: refers('supplierId', 'supplier'),
  currentPrice: reads(['sku'], ({ sku }, _, { loaders }) => loaders.priceBySku.load(sku)),
  stock: reads(['sku'], ({ sku }, _, { loaders }) => loaders.stockBySku.load(sku)),
  reviews: reads(['id'], async ({ id }, args, { loaders }) => loaders.reviewsByItemId.load(id, toPage(args))),
  averageRating: reads(['id'], ({ id }, _, { loaders }) => loaders.averageRatingByItemId.load(id)),
  photo: reads(['photoId'], ({ photoId }, _, { loaders }) =>
    photoId === null ? null : findRow(loaders.fileById, photoId),
  ),
};
