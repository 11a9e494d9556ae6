import { carryOut } from '../carry-out.ts';
import { NewItem } from '../item-inputs.ts';
import type { MutationResolvers } from '../types.generated.ts';

export const getOrCreateItem: MutationResolvers['getOrCreateItem'] = (_, { input }, context) =>
  carryOut(context, { item: null, created: false }, async () => {
    const { sku, ...values } = NewItem.parse(input);
    const { row, created } = await context.tables.item.getOrCreate({ sku }, values, { columns: context.columns.item });
    return { item: row, created };
  });
