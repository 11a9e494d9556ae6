import type { RunnableTask } from '../task.ts';
import { add } from './add.ts';
import { dailyStatistics } from './daily-statistics.ts';
import { describeImage } from './describe-image.ts';
import { fetchData } from './fetch-data.ts';
import { prepareOrder } from './prepare-order.ts';
import { removeBytes } from './remove-bytes.ts';
import { sweepFiles } from './sweep-files.ts';
import { sweepJobs } from './sweep-jobs.ts';
import { sweepSessions } from './sweep-sessions.ts';

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
