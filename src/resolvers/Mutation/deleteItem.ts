import { GatherError } from '../../errors.ts';
import { carryOut } from '../carry-out.ts';
import { toRowId } from '../global-id.ts';
import type { MutationResolvers } from '../types.generated.ts';

export const deleteItem: MutationResolvers['deleteItem'] = (_, { input }, context) =>
  carryOut(context, { deletedId: null }, async () => {
    const count = await context.tables.item.delete({ id: toRowId('Item', input.id) });
    if (count === 0) throw new GatherError('NOT_FOUND', 'There is no item with this ID.', { field: 'id' });
    return { deletedId: input.id };
  });
