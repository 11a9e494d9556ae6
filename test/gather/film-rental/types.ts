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
} as const satisfies TypeRegistry;
