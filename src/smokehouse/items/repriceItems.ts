import { refusing, runMutation } from 'gather';
import * as z from 'zod';
import type { ItemWhere, MutationResolvers } from '../generated/schema.ts';
import { toItemWhere } from './item-where.ts';
import { repriceItems as reprice } from './reprice-items.ts';

const Repricing = z.object({
  where: z.custom<ItemWhere>().transform(refusing(toItemWhere)),
  percent: z
    .string()
    .refine((percent) => Number(percent) >= -100, { error: ({ input }) => `Expected -100 or more, got ${input}.` }),
});

export const repriceItems: MutationResolvers['repriceItems'] = (_, { input }, context) =>
  runMutation(
    context,
    { count: 0 },
    async () => {
      const { where, percent } = Repricing.parse(input);
      return { count: await reprice(context.tables, where, percent) };
    },
    ({ source }) => (source ? null : ['where']),
  );
