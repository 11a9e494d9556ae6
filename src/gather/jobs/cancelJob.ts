import * as z from 'zod';
import type { MutationResolvers } from '../../smokehouse/generated/schema.ts';
import { carryOut } from '../graphql/carry-out.ts';
import { idOf } from '../graphql/inputs.ts';

const Cancellation = z.object({ id: idOf('Job') });

export const cancelJob: MutationResolvers['cancelJob'] = (_, args, context) =>
  carryOut(context, { job: null }, async () => ({
    job: await context.jobs.cancel(context.database, Cancellation.parse(args).id),
  }));
