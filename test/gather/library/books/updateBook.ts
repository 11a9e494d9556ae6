import { runMutation } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';
import { BookChange, toFieldPath } from './book-inputs.ts';

export const updateBook: MutationResolvers['updateBook'] = (_, { input }, context) =>
  runMutation(
    context,
    { book: null },
    async () => {
      const change = BookChange.parse(input);
      return { book: await context.tables.book.save(change, { columns: context.columns.book }) };
    },
    toFieldPath,
  );
