import * as z from 'zod';
import { carryOut } from '../carry-out.ts';
import { idOf, text } from '../inputs.ts';
import type { MutationResolvers } from '../types.generated.ts';

const NewReview = z.object({
  itemId: idOf('Item'),
  customerId: idOf('Customer'),
  rating: z
    .int()
    .refine((rating) => rating >= 1 && rating <= 5, { error: ({ input }) => `Expected 1 to 5, got ${input}.` }),
  text: text(0, 10_000),
});

export const addReview: MutationResolvers['addReview'] = (_, { input }, context) =>
  carryOut(context, { review: null }, async () => ({
    review: await context.tables.review.create(NewReview.parse(input), { columns: context.columns.review }),
  }));
