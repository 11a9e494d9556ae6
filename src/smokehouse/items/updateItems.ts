import { many, runMutation } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';
import { ItemChange, toItemPath } from './item-inputs.ts';

const ItemChanges = z.object({ items: many(ItemChange) });

export const updateItems: MutationResolvers['updateItems'] = (_, { input }, context) => {
  let changes: z.infer<typeof ItemChange>[] = [];
  const work = async () => {
    changes = ItemChanges.parse(input).items;
    return { items: await context.tables.item.bulkUpdate(changes, { columns: context.columns.item }) };
  };
  return runMutation(context, { items: null }, work, (error) => toItemPath(changes, error));
};
