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
} as const satisfies TypeRegistry;
