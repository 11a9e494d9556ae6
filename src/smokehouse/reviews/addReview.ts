import { type Context, GatherError, type Id, idOf, runMutation, text, userOf } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';

const NewReview = z.object({
  itemId: idOf('Item'),
  customerId: idOf('Customer').nullish(),
  rating: z
    .int()
    .refine((rating) => rating >= 1 && rating <= 5, { error: ({ input }) => `Expected 1 to 5, got ${input}.` }),
  text: text(0, 10_000),
});

export const addReview: MutationResolvers['addReview'] = (_, { input }, context) =>
  runMutation(context, { review: null }, async () => {
    const review = NewReview.parse(input);
    const customerId = await authorOf(review.customerId, context);
    const { tables, columns } = context;
    return { review: await tables.review.create({ ...review, customerId }, { columns: columns.review }) };
  });

/** The author of the review: by default the viewer, who becomes a customer with the first review. */
async function authorOf(customerId: Id | null | undefined, { viewer, tables, roles }: Context): Promise<Id> {
  if (customerId != null) {
    if (roles.has(viewer, 'STAFF')) return customerId;
    const message = `Expected no customer, or a viewer who is STAFF, got one who is ${viewer.role}.`;
    throw new GatherError('FORBIDDEN', message, { field: 'customerId' });
  }
  const { owner, name } = userOf(viewer);
  const { row } = await tables.customer.getOrCreate({ owner }, { name, city: '' }, { columns: ['id'] });
  return row.id;
}
