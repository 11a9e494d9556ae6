import type { TypeRegistry } from 'gather';

/** Which type of schema.graphql is which table. */
export const types = {
  Author: 'author',
  Book: 'book',
  Genre: 'genre',
  Loan: 'lending.loan',
} as const satisfies TypeRegistry;
