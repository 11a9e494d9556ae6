import { defineApp } from 'gather';
import * as z from 'zod';
import { Author } from './books/Author.ts';
import { Book } from './books/Book.ts';
import { isLentByBookId, ratingByBookId, shelfByBookId } from './books/loaders.ts';
import { rowLoaders, tables } from './generated/database.ts';
import { Loan } from './loans/Loan.ts';
import { lendBook } from './loans/lendBook.ts';
import { remind, remindAll } from './loans/remind.ts';
import { migrations } from './migrations/index.ts';
import { Query } from './Query.ts';
import { services } from './services/index.ts';
import { types } from './types.ts';

const loaders = { isLentByBookId, ratingByBookId, shelfByBookId };

const settings = {
  /** How long a book may be kept. */
  LOAN_DAYS: z.coerce.number().int().positive().default(21),
};

declare module 'gather' {
  interface Register {
    services: typeof services;
    loaders: typeof loaders;
    settings: typeof settings;
  }
}

/** An application for the tests of the engine: a library that lends books. */
export const library = defineApp({
  name: 'Library',
  schema: new URL('./schema.graphql', import.meta.url),
  database: { tables, rowLoaders },
  types,
  resolvers: { Query, Mutation: { lendBook }, Author, Book, Loan },
  loaders,
  services,
  tasks: [remind],
  schedules: [remindAll],
  migrations,
  settings,
});
