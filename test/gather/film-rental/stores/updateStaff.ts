import { runMutation, toRowId } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';

export const updateStaff: MutationResolvers['updateStaff'] = (_, { input }, context) =>
  runMutation(context, { staff: null }, async () => {
    const { tables, columns } = context;
    const change = {
      staff_id: toRowId('Staff', input.id),
      picture: input.picture,
      hired_on: input.hired_on ?? undefined,
    };
    return { staff: await tables.staff.save(change, { columns: columns.staff }) };
  });
