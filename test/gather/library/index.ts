import { defineApp } from 'gather';
import * as z from 'zod';
import { Author } from './books/Author.ts';
import { Book } from './books/Book.ts';
import { cover, createUpload, uploadFile } from './books/cover.ts';
import { createBook } from './books/createBook.ts';
import { isLentByBookId } from './books/loaders.ts';
import { repriceBooks } from './books/repriceBooks.ts';
import { updateBook } from './books/updateBook.ts';
import { Catalogue } from './catalogue/Catalogue.ts';
import { Arrival, Front, PickOfTheDay } from './front/Front.ts';
import { rowLoaders, tables } from './generated/database.ts';
import { add, addTask } from './jobs/add.ts';
import { Loan } from './loans/Loan.ts';
import { lendBook } from './loans/lendBook.ts';
import { remind, remindAll } from './loans/remind.ts';
import { migrations } from './migrations/index.ts';
import { Query } from './Query.ts';
import { services } from './services/index.ts';
import { types } from './types.ts';

const loaders = { isLentByBookId };

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
  resolvers: {
    Query,
    Mutation: { lendBook, createBook, updateBook, repriceBooks, uploadFile, createUpload, add },
    Front,
    PickOfTheDay,
    Arrival,
    Catalogue,
    Author,
    Book,
    Loan,
  },
  loaders,
  services,
  tasks: [addTask, remind],
  schedules: [remindAll],
  migrations,
  attachments: { cover },
  documents: { manifest: new URL('./generated/documents.json', import.meta.url) },
  settings,
});
