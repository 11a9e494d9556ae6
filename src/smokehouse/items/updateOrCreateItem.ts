import { runMutation } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';
import { NewItem } from './item-inputs.ts';

export const updateOrCreateItem: MutationResolvers['updateOrCreateItem'] = (_, { input }, context) =>
  runMutation(context, { item: null, created: false }, async () => {
    const { sku, ...values } = NewItem.parse(input);
    const { row, created } = await context.tables.item.updateOrCreate({ sku }, values, {
      columns: context.columns.item,
    });
    return { item: row, created };
  });
