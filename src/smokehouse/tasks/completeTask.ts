import { idOf, runMutation } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';
import { completeTask as complete } from './complete-task.ts';

const Completion = z.object({ id: idOf('Task') });

export const completeTask: MutationResolvers['completeTask'] = (_, { input }, context) =>
  runMutation(context, { task: null }, async () => {
    const { tables, columns } = context;
    const { id } = Completion.parse(input);
    await complete(tables, id);
    return { task: await tables.task.get({ id }, { columns: columns.task }) };
  });
