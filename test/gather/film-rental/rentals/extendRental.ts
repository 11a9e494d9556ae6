import { runMutation, toRowId } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';

export const extendRental: MutationResolvers['extendRental'] = (_, { id, due_on }, context) =>
  runMutation(context, { rental: null }, async () => {
    const { tables, columns } = context;
    const change = { rental_id: toRowId('Rental', id), due_on };
    return { rental: await tables.rental.save(change, { columns: columns.rental }) };
  });
