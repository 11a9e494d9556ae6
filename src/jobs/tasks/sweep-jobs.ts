import * as z from 'zod';
import { deleteOldJobs, settleLostJobs } from '../../database/sweep-jobs.ts';
import { defineTask } from '../task.ts';

const JOBS_PER_STATEMENT = 1000;

/** Deletes jobs that were settled long ago, and settles those that the queue has lost. */
export const sweepJobs = defineTask({
  name: 'sweepJobs',
  input: z.strictObject({ keepDays: z.int().positive() }),
  attempts: 3,
  backoffSeconds: 60,
  timeoutMs: 300_000,
  concurrency: 1,
  run: async ({ keepDays }, { database, progress }) => {
    const settled = await settleLostJobs(database);
    let deleted = 0;
    let count: number;
    do {
      count = await deleteOldJobs(database, { keepDays, limit: JOBS_PER_STATEMENT });
      deleted += count;
      progress(0.5, `${deleted} jobs deleted`);
    } while (count === JOBS_PER_STATEMENT);
    const failed = settled.filter((state) => state === 'FAILED').length;
    return { deleted, failed, cancelled: settled.length - failed };
  },
});
