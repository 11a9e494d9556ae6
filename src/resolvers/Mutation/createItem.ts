import { carryOut } from '../carry-out.ts';
import { NewItem } from '../item-inputs.ts';
import type { MutationResolvers } from '../types.generated.ts';

export const createItem: MutationResolvers['createItem'] = (_, { input }, context) =>
  carryOut(context, { item: null }, async () => ({
    item: await context.tables.item.create(NewItem.parse(input), { columns: context.columns.item }),
  }));
