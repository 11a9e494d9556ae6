import { GatherError } from '../errors.ts';
import { runMutation } from '../graphql/run-mutation.ts';
import type { MutationResolvers } from '../graphql/schema.generated.ts';
import { ownerOf } from '../viewer.ts';
import type { Schedule } from './schedules.ts';

export const runSchedule: MutationResolvers['runSchedule'] = (_, { name }, context) =>
  runMutation(context, { job: null }, async () => {
    const schedule = context.schedules.find((it) => it.name === name);
    if (!schedule) throw notFound(name, context.schedules);
    const { jobs, database, viewer } = context;
    return { job: await schedule.enqueue(jobs, { database, owner: ownerOf(viewer) }) };
  });

function notFound(name: string, schedules: readonly Schedule[]): GatherError {
  const names = schedules.map((schedule) => schedule.name).join(', ');
  return new GatherError('NOT_FOUND', `Expected one of these schedules: ${names}. Got "${name}".`, { field: 'name' });
}
