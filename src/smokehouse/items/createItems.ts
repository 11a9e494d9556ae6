import { many, runMutation } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';
import { NewItem, toItemPath } from './item-inputs.ts';

const NewItems = z.object({ items: many(NewItem) });

export const createItems: MutationResolvers['createItems'] = (_, { input }, context) => {
  let rows: z.infer<typeof NewItem>[] = [];
  const work = async () => {
    rows = NewItems.parse(input).items;
    return { items: await context.tables.item.bulkCreate(rows, { columns: context.columns.item }) };
  };
  return runMutation(context, { items: null }, work, (error) => toItemPath(rows, error));
};
