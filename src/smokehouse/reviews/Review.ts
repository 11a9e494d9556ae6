import { belongsTo, defineType } from 'gather';

export const Review = defineType('Review', {
  item: belongsTo('itemId'),
  customer: belongsTo('customerId'),
});
