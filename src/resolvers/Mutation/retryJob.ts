import * as z from 'zod';
import { carryOut } from '../carry-out.ts';
import { idOf } from '../inputs.ts';
import type { MutationResolvers } from '../types.generated.ts';

const Retry = z.object({ id: idOf('Job') });

export const retryJob: MutationResolvers['retryJob'] = (_, args, context) =>
  carryOut(context, { job: null }, async () => ({
    job: await context.jobs.retry(context.database, Retry.parse(args).id),
  }));
