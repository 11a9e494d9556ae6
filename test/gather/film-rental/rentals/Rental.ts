import { belongsTo, defineType, hasMany } from 'gather';

export const Copy = defineType('Copy', {
  film: belongsTo('film_id'),
  store: belongsTo('store_id'),
  rentals: hasMany('rental', { by: 'inventory_id', orderBy: { rental_id: 'desc' } }),
});

export const Customer = defineType('Customer', {
  store: belongsTo('store_id'),
  recruiter: belongsTo('recruited_by'),
  invoices: hasMany('accounting.invoice', { by: 'customer_id', orderBy: {} }),
  recruits: hasMany('customer', { by: 'recruited_by', orderBy: {} }),
  rentals: hasMany('rental', { by: 'customer_id', orderBy: { rental_id: 'desc' } }),
});

export const Rental = defineType('Rental', {
  copy: belongsTo('inventory_id'),
  customer: belongsTo('customer_id'),
  lender: belongsTo('lent_by'),
  taker: belongsTo('returned_to'),
});
