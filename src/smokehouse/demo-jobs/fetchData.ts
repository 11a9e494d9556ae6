import { ownerOf, runMutation } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';
import { fetchData as task } from './fetch-data-task.ts';

export const fetchData: MutationResolvers['fetchData'] = (_, input, context) =>
  runMutation(context, { job: null }, async () => {
    context.assertFetchable(input.url);
    const { database, viewer } = context;
    return { job: await context.jobs.enqueue(task, task.input.parse(input), { database, owner: ownerOf(viewer) }) };
  });
