import { runMutation } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';
import { NewItem } from './item-inputs.ts';

export const createItem: MutationResolvers['createItem'] = (_, { input }, context) =>
  runMutation(context, { item: null }, async () => ({
    item: await context.tables.item.create(NewItem.parse(input), { columns: context.columns.item }),
  }));
