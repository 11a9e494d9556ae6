import { GatherError, idOf, runMutation } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';

const Deletion = z.object({ id: idOf('Book') });

export const deleteBook: MutationResolvers['deleteBook'] = (_, { input }, context) =>
  runMutation(context, { deletedId: null }, async () => {
    const count = await context.tables.book.delete(Deletion.parse(input));
    if (count === 0) throw new GatherError('NOT_FOUND', 'There is no book with this ID.', { field: 'id' });
    return { deletedId: input.id };
  });
