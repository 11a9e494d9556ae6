import { runMutation } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';
import { NewBook } from './book-inputs.ts';

export const createBook: MutationResolvers['createBook'] = (_, { input }, context) =>
  runMutation(context, { book: null }, async () => ({
    book: await context.tables.book.create(NewBook.parse(input), { columns: context.columns.book }),
  }));
