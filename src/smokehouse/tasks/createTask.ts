import { runMutation, text } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';

const NewTask = z.object({ title: text(1, 200) });

export const createTask: MutationResolvers['createTask'] = (_, { input }, context) =>
  runMutation(context, { task: null }, async () => ({
    task: await context.tables.task.create(NewTask.parse(input), { columns: context.columns.task }),
  }));
