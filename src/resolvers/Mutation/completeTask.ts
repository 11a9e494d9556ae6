import * as z from 'zod';
import { completeTask as complete } from '../../shop/complete-task.ts';
import { carryOut } from '../carry-out.ts';
import { idOf } from '../inputs.ts';
import type { MutationResolvers } from '../types.generated.ts';

const Completion = z.object({ id: idOf('Task') });

export const completeTask: MutationResolvers['completeTask'] = (_, { input }, context) =>
  carryOut(context, { task: null }, async () => {
    const { tables, columns } = context;
    const { id } = Completion.parse(input);
    await complete(tables, id);
    return { task: await tables.task.get({ id }, { columns: columns.task }) };
  });
