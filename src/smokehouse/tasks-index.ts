import { sweepSessions } from '../gather/accounts/sweep-sessions.ts';
import { describeImage } from '../gather/files/describe-image.ts';
import { removeBytes } from '../gather/files/remove-bytes.ts';
import { sweepFiles } from '../gather/files/sweep-files.ts';
import { sweepJobs } from '../gather/jobs/sweep-jobs.ts';
import type { RunnableTask } from '../gather/jobs/task.ts';
import { add } from './demo-jobs/add-task.ts';
import { fetchData } from './demo-jobs/fetch-data-task.ts';
import { prepareOrder } from './orders/prepare-order.ts';
import { dailyStatistics } from './statistics/daily-statistics-task.ts';

/** Every task that a worker runs. */
export const tasks: readonly RunnableTask[] = [
  add,
  fetchData,
  prepareOrder,
  dailyStatistics,
  sweepJobs,
  describeImage,
  removeBytes,
  sweepFiles,
  sweepSessions,
];
