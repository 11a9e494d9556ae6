import { ownerOf, runMutation } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';
import { dailyStatistics as task } from './daily-statistics-task.ts';

export const writeDailyStatistics: MutationResolvers['writeDailyStatistics'] = (_, input, context) =>
  runMutation(context, { job: null }, async () => ({
    job: await context.jobs.enqueue(task, task.input.parse(input), {
      database: context.database,
      owner: ownerOf(context.viewer),
    }),
  }));
