import { add as task } from '../../jobs/tasks/add.ts';
import { ownerOf } from '../../viewer.ts';
import { carryOut } from '../carry-out.ts';
import type { MutationResolvers } from '../types.generated.ts';

export const add: MutationResolvers['add'] = (_, input, context) =>
  carryOut(context, { job: null }, async () => ({
    job: await context.jobs.enqueue(task, task.input.parse(input), {
      database: context.database,
      owner: ownerOf(context.viewer),
    }),
  }));
