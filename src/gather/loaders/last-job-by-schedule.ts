import { lastJobs } from '../database/last-jobs.ts';
import { createLoader, inKeyOrder, type LoaderSource } from './batch.ts';

/** The latest job of a schedule; null if it never ran. */
export const lastJobBySchedule = (source: LoaderSource) =>
  createLoader('lastJobBySchedule', source, async (schedules: readonly string[]) => {
    const jobs = await lastJobs(source.database, 'lastJobBySchedule', source.columns['gather.job'], schedules);
    return inKeyOrder(schedules, jobs, ({ schedule }) => String(schedule));
  });
