import { sql } from 'kysely';
import { carryOut } from '../carry-out.ts';
import { toRowId } from '../global-id.ts';
import type { MutationResolvers } from '../types.generated.ts';

export const completeTask: MutationResolvers['completeTask'] = (_, { input }, context) =>
  carryOut(context, { task: null }, async () => {
    const { tables, columns } = context;
    const id = toRowId('Task', input.id);
    await tables.task.update({ id, done: false }, { done: true, completedAt: () => sql`now()` });
    return { task: await tables.task.get({ id }, { columns: columns.task }) };
  });
