import { ownerOf, runMutation } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';
import { add as task } from './add-task.ts';

export const add: MutationResolvers['add'] = (_, input, context) =>
  runMutation(context, { job: null }, async () => ({
    job: await context.jobs.enqueue(task, task.input.parse(input), {
      database: context.database,
      owner: ownerOf(context.viewer),
    }),
  }));
