import * as z from 'zod';
import { carryOut } from '../graphql/carry-out.ts';
import { idOf } from '../graphql/inputs.ts';
import type { MutationResolvers } from '../graphql/schema.generated.ts';

const Cancellation = z.object({ id: idOf('Job') });

export const cancelJob: MutationResolvers['cancelJob'] = (_, args, context) =>
  carryOut(context, { job: null }, async () => ({
    job: await context.jobs.cancel(context.database, Cancellation.parse(args).id),
  }));
