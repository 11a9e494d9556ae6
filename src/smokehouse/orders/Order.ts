import { belongsTo, defineType, reads } from 'gather';

export const Order = defineType('Order', {
  lines: reads(['id'], ({ id }, _, { loaders }) => loaders.linesByOrderId.load(id)),
  job: belongsTo('jobId'),
});
