import { belongsTo, defineType, hasMany } from 'gather';

export const Invoice = defineType('Invoice', {
  currency: belongsTo('currency'),
  store: belongsTo('store_id'),
  lines: hasMany('accounting.invoice_line', { by: ['store_id', 'invoice_number'], orderBy: {} }),
});

export const InvoiceLine = defineType('InvoiceLine', {
  invoice: belongsTo(['store_id', 'invoice_number']),
  rental: belongsTo('rental_id'),
});
