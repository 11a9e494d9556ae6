import type { RunnableTask } from '../task.ts';
import { add } from './add.ts';
import { dailyStatistics } from './daily-statistics.ts';
import { fetchData } from './fetch-data.ts';
import { prepareOrder } from './prepare-order.ts';
import { sweepJobs } from './sweep-jobs.ts';

/** Every task that a worker runs. */
export const tasks: readonly RunnableTask[] = [add, fetchData, prepareOrder, dailyStatistics, sweepJobs];
