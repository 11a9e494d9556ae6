import * as z from 'zod';
import { idOf } from '../graphql/inputs.ts';
import { runMutation } from '../graphql/run-mutation.ts';
import type { MutationResolvers } from '../graphql/schema.generated.ts';

const Retry = z.object({ id: idOf('Job') });

export const retryJob: MutationResolvers['retryJob'] = (_, args, context) =>
  runMutation(context, { job: null }, async () => ({
    job: await context.jobs.retry(context.database, Retry.parse(args).id),
  }));
