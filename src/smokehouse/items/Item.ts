import { toPage } from '../../gather/database/page.ts';
import { toGlobalId } from '../../gather/graphql/global-id.ts';
import { reads, refers } from '../../gather/graphql/reads.ts';
import { findRow } from '../../gather/graphql/rows.ts';
import type { ItemResolvers } from '../generated/schema.ts';

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
