import { ownerOf, runMutation } from 'gather';
import type { MutationResolvers } from '../generated/schema.ts';
import { assertOver } from './daily-statistics.ts';
import { dailyStatistics as task } from './daily-statistics-task.ts';

export const writeDailyStatistics: MutationResolvers['writeDailyStatistics'] = (_, input, context) =>
  runMutation(context, { job: null }, async () => {
    const { database, viewer, timeZone } = context;
    const parsed = task.input.parse(input);
    if (parsed.date !== undefined) await assertOver(database, timeZone, parsed.date);
    return { job: await context.jobs.enqueue(task, parsed, { database, owner: ownerOf(viewer) }) };
  });
