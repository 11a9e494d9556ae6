import { fetchData as task } from '../../jobs/tasks/fetch-data.ts';
import { ownerOf } from '../../viewer.ts';
import { carryOut } from '../carry-out.ts';
import type { MutationResolvers } from '../types.generated.ts';

export const fetchData: MutationResolvers['fetchData'] = (_, input, context) =>
  carryOut(context, { job: null }, async () => ({
    job: await context.jobs.enqueue(task, task.input.parse(input), {
      database: context.database,
      owner: ownerOf(context.viewer),
    }),
  }));
