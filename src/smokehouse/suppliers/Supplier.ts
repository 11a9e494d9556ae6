import { defineType, hasMany } from 'gather';

export const Supplier = defineType('Supplier', {
  items: hasMany('item', { by: 'supplierId', orderBy: { id: 'asc' } }),
});
