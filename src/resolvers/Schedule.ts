import { nextTick } from '../jobs/schedules.ts';
import type { ScheduleResolvers } from './types.generated.ts';

export const Schedule: ScheduleResolvers = {
  nextRunAt: (schedule, _, { timeZone }) => toTimestamp(nextTick(schedule, timeZone)),
  lastJob: ({ name }, _, { loaders }) => loaders.lastJobBySchedule.load(name),
};

function toTimestamp(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('Z', '+00');
}
