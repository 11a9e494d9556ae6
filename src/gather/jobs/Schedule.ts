import type { ScheduleResolvers } from '../graphql/schema.generated.ts';
import { nextTick } from './schedules.ts';

export const Schedule: ScheduleResolvers = {
  nextRunAt: (schedule, _, { timeZone }) => toTimestamp(nextTick(schedule, timeZone)),
  lastJob: ({ name }, _, { loaders }) => loaders.lastJobBySchedule.load(name),
};

function toTimestamp(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('Z', '+00');
}
