import { carryOut } from '../carry-out.ts';
import { ItemChange, toFieldPath } from '../item-inputs.ts';
import type { MutationResolvers } from '../types.generated.ts';

export const updateItem: MutationResolvers['updateItem'] = (_, { input }, context) =>
  carryOut(
    context,
    { item: null },
    async () => {
      const change = ItemChange.parse(input);
      return { item: await context.tables.item.save(change, { columns: context.columns.item }) };
    },
    toFieldPath,
  );
