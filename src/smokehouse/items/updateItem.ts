import { runMutation } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';
import { ItemChange, toFieldPath } from './item-inputs.ts';

export const updateItem: MutationResolvers['updateItem'] = (_, { input }, context) =>
  runMutation(
    context,
    { item: null },
    async () => {
      const change = ItemChange.parse(input);
      return { item: await context.tables.item.save(change, { columns: context.columns.item }) };
    },
    toFieldPath,
  );
