import { GatherError, idOf, runMutation } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';

const Deletion = z.object({ id: idOf('Item') });

export const deleteItem: MutationResolvers['deleteItem'] = (_, { input }, context) =>
  runMutation(context, { deletedId: null }, async () => {
    const count = await context.tables.item.delete(Deletion.parse(input));
    if (count === 0) throw new GatherError('NOT_FOUND', 'There is no item with this ID.', { field: 'id' });
    return { deletedId: input.id };
  });
