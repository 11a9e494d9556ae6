import { refusing, runMutation } from 'gather';
import * as z from 'zod';
import type { BookWhere, MutationResolvers } from '../generated/schema.ts';
import { toBookWhere } from './book-where.ts';
import { repriceBooks as reprice } from './reprice-books.ts';

const Repricing = z.object({
  where: z.custom<BookWhere>().transform(refusing(toBookWhere)),
  percent: z
    .string()
    .refine((percent) => Number(percent) >= -100, { error: ({ input }) => `Expected -100 or more, got ${input}.` }),
});

export const repriceBooks: MutationResolvers['repriceBooks'] = (_, { input }, context) =>
  runMutation(
    context,
    { count: 0 },
    async () => {
      const { where, percent } = Repricing.parse(input);
      return { count: await reprice(context.tables, where, percent) };
    },
    ({ source }) => (source ? null : ['where']),
  );
