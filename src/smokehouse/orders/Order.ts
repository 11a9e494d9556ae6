import { belongsTo, defineType, hasMany } from 'gather';

export const Order = defineType('Order', {
  lines: hasMany('orderLine', { by: 'orderId', orderBy: { id: 'asc' } }),
  job: belongsTo('jobId'),
});
