import { CronExpressionParser } from 'cron-parser';
import type { Json } from '../database/column-types.ts';
import type { JobRow } from '../database/engine-tables.generated.ts';
import type { EnqueueOptions, Jobs } from './jobs.ts';
import type { Task } from './task.ts';

/** When a task is run by itself. */
export interface Schedule {
  name: string;
  task: string;
  /** Minute, hour, day of the month, month, day of the week; in the application's time zone. */
  cron: string;
  /** Enqueues the task: for a tick, once for any number of calls; or by hand, for the viewer. */
  enqueue(jobs: Jobs, options: Pick<EnqueueOptions, 'database' | 'owner' | 'scheduledAt'>): Promise<JobRow>;
}

/** The instant at which a schedule is due next. */
export function nextTick({ cron }: Schedule, timeZone: string, after = new Date()): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after }).next().toDate();
}

/** The instant at which a schedule was due last. */
export function lastTick({ cron }: Schedule, timeZone: string, before: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: before }).prev().toDate();
}

/**
 * Runs a task by itself. A tick that passes while no worker runs is made up for when one does, the latest of them only.
 * @param cron minute, hour, day of the month, month, day of the week; in the application's time zone
 */
export function defineSchedule<Input, Result extends Json>(
  name: string,
  { cron, task, input }: { cron: string; task: Task<Input, Result>; input: Input },
): Schedule {
  return {
    name,
    task: task.name,
    cron,
    enqueue: (jobs, options) => jobs.enqueue(task, input, { ...options, schedule: name }),
  };
}
