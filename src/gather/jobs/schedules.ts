import { CronExpressionParser } from 'cron-parser';
import { dailyStatistics } from '../../smokehouse/statistics/daily-statistics-task.ts';
import { sweepSessions } from '../accounts/sweep-sessions.ts';
import type { JobRow, Json } from '../database/schema.ts';
import { sweepFiles } from '../files/sweep-files.ts';
import type { EnqueueOptions, Jobs } from './jobs.ts';
import { sweepJobs } from './sweep-jobs.ts';
import type { Task } from './task.ts';

/** When a task is run by itself. */
export interface Schedule {
  name: string;
  task: string;
  /** Minute, hour, day of the month, month, day of the week; in the shop's time zone. */
  cron: string;
  /** Enqueues the task: for a tick, once however often it is called, or by hand, for whoever asks. */
  enqueue(jobs: Jobs, options: Pick<EnqueueOptions, 'database' | 'owner' | 'scheduledAt'>): Promise<JobRow>;
}

/** Every schedule. A tick that passes while no worker runs is made up for when one does, the latest of them only. */
export const schedules: readonly Schedule[] = [
  schedule('dailyStatistics', '10 0 * * *', dailyStatistics, {}),
  schedule('sweepJobs', '30 * * * *', sweepJobs, { keepDays: 30 }),
  schedule('sweepFiles', '45 * * * *', sweepFiles, {}),
  schedule('sweepSessions', '15 * * * *', sweepSessions, {}),
];

/** The instant at which a schedule is due next. */
export function nextTick({ cron }: Schedule, timeZone: string, after = new Date()): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after }).next().toDate();
}

/** The instant at which a schedule was due last. */
export function lastTick({ cron }: Schedule, timeZone: string, before: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: before }).prev().toDate();
}

function schedule<Input, Result extends Json>(
  name: string,
  cron: string,
  task: Task<Input, Result>,
  input: Input,
): Schedule {
  return {
    name,
    task: task.name,
    cron,
    enqueue: (jobs, options) => jobs.enqueue(task, input, { ...options, schedule: name }),
  };
}
