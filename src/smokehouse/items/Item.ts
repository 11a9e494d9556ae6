import { belongsTo, defineType, hasMany, reads } from 'gather';

export const Item = defineType('Item', {
  supplier: belongsTo('supplierId'),
  photo: belongsTo('photoId'),
  reviews: hasMany('review', { by: 'itemId', orderBy: { id: 'desc' } }),
  averageRating: reads(['id'], ({ id }, _, { loaders }) => loaders.averageRatingByItemId.load(id)),
  currentPrice: reads(['sku'], ({ sku }, _, { loaders }) => loaders.priceBySku.load(sku)),
  stock: reads(['sku'], ({ sku }, _, { loaders }) => loaders.stockBySku.load(sku)),
});
