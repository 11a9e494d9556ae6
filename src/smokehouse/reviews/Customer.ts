import { defineType, hasMany } from 'gather';

export const Customer = defineType('Customer', {
  reviews: hasMany('review', { by: 'customerId', order: 'newest first' }),
});
