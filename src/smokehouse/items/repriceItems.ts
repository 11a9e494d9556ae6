import { runMutation } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';
import { repriceItems as reprice } from './reprice-items.ts';

const Repricing = z.object({
  percent: z
    .string()
    .refine((percent) => Number(percent) >= -100, { error: ({ input }) => `Expected -100 or more, got ${input}.` }),
});

export const repriceItems: MutationResolvers['repriceItems'] = (_, { input }, context) =>
  runMutation(
    context,
    { count: 0 },
    async () => {
      const { percent } = Repricing.parse(input);
      const where = context.toWhere('Item', input.where);
      return { count: await reprice(context.tables, where, percent) };
    },
    ({ source }) => (source ? null : ['where']),
  );
