import * as z from 'zod';
import { carryOut } from '../carry-out.ts';
import { many } from '../inputs.ts';
import { NewItem, toItemPath } from '../item-inputs.ts';
import type { MutationResolvers } from '../types.generated.ts';

const NewItems = z.object({ items: many(NewItem) });

export const createItems: MutationResolvers['createItems'] = (_, { input }, context) => {
  let rows: z.infer<typeof NewItem>[] = [];
  const work = async () => {
    rows = NewItems.parse(input).items;
    return { items: await context.tables.item.bulkCreate(rows, { columns: context.columns.item }) };
  };
  return carryOut(context, { items: null }, work, (error) => toItemPath(rows, error));
};
