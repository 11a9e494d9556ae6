import { belongsTo, defineType, fromService, hasMany, reads } from 'gather';

export const Item = defineType('Item', {
  supplier: belongsTo('supplierId'),
  photo: belongsTo('photoId'),
  reviews: hasMany('review', { by: 'itemId', order: 'newest first' }),
  averageRating: reads(['id'], ({ id }, _, { loaders }) => loaders.averageRatingByItemId.load(id)),
  currentPrice: fromService('pricing', 'getPrices', { by: 'sku' }),
  stock: fromService('inventory', 'getStock', { by: 'sku' }),
});
