import { defineType, hasMany } from 'gather';

export const Customer = defineType('Customer', {
  reviews: hasMany('review', { by: 'customerId', orderBy: { id: 'desc' } }),
});
