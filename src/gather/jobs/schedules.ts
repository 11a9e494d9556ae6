import { CronExpressionParser } from 'cron-parser';
import type { Json } from '../database/column-types.ts';
import type { JobRow } from '../database/engine-tables.generated.ts';
import type { EnqueueOptions, Jobs } from './jobs.ts';
import type { Task } from './task.ts';

/** When a task runs on its own. */
export interface Schedule {
  name: string;
  task: string;
  /** Minute, hour, day of the month, month, day of the week; in the application's time zone. */
  cron: string;
  /** Enqueues the task: once per tick, or by hand, for the viewer. */
  enqueue(jobs: Jobs, options: Pick<EnqueueOptions, 'database' | 'owner' | 'scheduledAt'>): Promise<JobRow>;
}

/** The next instant at which a schedule is due. */
export function nextTick({ cron }: Schedule, timeZone: string, after = new Date()): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after }).next().toDate();
}

/** The last instant at which a schedule was due. */
export function lastTick({ cron }: Schedule, timeZone: string, before: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: before }).prev().toDate();
}

const MAX_COUNTED = 1000;

/** How often a schedule was due between two instants, both excluded; at most 1,000. */
export function countTicks(schedule: Schedule, timeZone: string, after: Date, before: Date): number {
  let count = 0;
  let tick = nextTick(schedule, timeZone, after);
  while (tick < before && count < MAX_COUNTED) {
    count++;
    tick = nextTick(schedule, timeZone, tick);
  }
  return count;
}

/**
 * Runs a task on a schedule. Of ticks missed while no worker ran, only the latest is made up for.
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
