import { sweepSessions } from './accounts/sweep-sessions.ts';
import { describeImage } from './files/describe-image.ts';
import { removeBytes } from './files/remove-bytes.ts';
import { sweepFiles } from './files/sweep-files.ts';
import { defineSchedule, type Schedule } from './jobs/schedules.ts';
import { sweepJobs } from './jobs/sweep-jobs.ts';
import type { RunnableTask } from './jobs/task.ts';

/** The engine's own tasks. */
export const engineTasks: readonly RunnableTask[] = [sweepJobs, describeImage, removeBytes, sweepFiles, sweepSessions];

/** The engine's own schedules. */
export const engineSchedules: readonly Schedule[] = [
  defineSchedule('sweepJobs', { cron: '30 * * * *', task: sweepJobs, input: { keepDays: 30 } }),
  defineSchedule('sweepFiles', { cron: '45 * * * *', task: sweepFiles, input: {} }),
  defineSchedule('sweepSessions', { cron: '15 * * * *', task: sweepSessions, input: {} }),
];
