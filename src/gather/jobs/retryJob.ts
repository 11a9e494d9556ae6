import * as z from 'zod';
import type { MutationResolvers } from '../../smokehouse/generated/schema.ts';
import { carryOut } from '../graphql/carry-out.ts';
import { idOf } from '../graphql/inputs.ts';

const Retry = z.object({ id: idOf('Job') });

export const retryJob: MutationResolvers['retryJob'] = (_, args, context) =>
  carryOut(context, { job: null }, async () => ({
    job: await context.jobs.retry(context.database, Retry.parse(args).id),
  }));
