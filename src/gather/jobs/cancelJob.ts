import * as z from 'zod';
import { idOf } from '../graphql/inputs.ts';
import { runMutation } from '../graphql/run-mutation.ts';
import type { MutationResolvers } from '../graphql/schema.generated.ts';

const Cancellation = z.object({ id: idOf('Job') });

export const cancelJob: MutationResolvers['cancelJob'] = (_, args, context) =>
  runMutation(context, { job: null }, async () => ({
    job: await context.jobs.cancel(context.database, Cancellation.parse(args).id),
  }));
