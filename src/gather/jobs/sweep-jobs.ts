import * as z from 'zod';
import { deleteOldChanges, deleteOldJobs, settleLostJobs } from './sweep-job-rows.ts';
import { defineTask } from './task.ts';
import { untilFewer } from './until-fewer.ts';

/** Deletes old settled jobs and the changes of newer ones, and settles jobs that the queue has lost. */
export const sweepJobs = defineTask({
  name: 'sweepJobs',
  input: z.strictObject({ keepDays: z.int().positive() }),
  attempts: 3,
  backoffSeconds: 60,
  timeoutMs: 300_000,
  concurrency: 1,
  run: async ({ keepDays }, { database, progress, log }) => {
    const settled = await settleLostJobs(database);
    const deleted = await untilFewer((limit) => deleteOldJobs(database, { keepDays, limit }));
    progress(0.5, `${deleted} jobs deleted`);
    await untilFewer((limit) => deleteOldChanges(database, limit));
    const failed = settled.filter((state) => state === 'FAILED').length;
    if (failed > 0) log.error({ failed }, 'jobs failed for good: the queue no longer has them');
    return { deleted, failed, cancelled: settled.length - failed };
  },
});
