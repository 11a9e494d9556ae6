import type { TypeRegistry } from 'gather';

/** Which type of schema.graphql is which table. */
export const types = {
  Country: 'country',
  City: 'city',
  Store: 'store',
  Staff: 'staff',
  Language: 'language',
  Film: 'film',
  Copy: 'inventory',
  Customer: 'customer',
  Rental: 'rental',
  Login: 'staff_login',
  Actor: 'actor',
  Part: 'film_actor',
  Currency: 'accounting.currency',
  Invoice: 'accounting.invoice',
  InvoiceLine: 'accounting.invoice_line',
  OpeningHours: 'Opening Hours',
  ListedFilm: 'film_list',
} as const satisfies TypeRegistry;
