import { idOf, ownerOf, runMutation, text } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';
import { placeOrder as place } from './place-order.ts';
import { prepareOrder } from './prepare-order.ts';

const MAX_LINES = 100;

const NewLine = z.object({
  itemId: idOf('Item'),
  quantity: z.int().refine((quantity) => quantity >= 1 && quantity <= 1000, {
    error: ({ input }) => `Expected 1 to 1,000, got ${input}.`,
  }),
});

const NewOrder = z.object({
  clientMutationId: text(1, 100)
    .nullish()
    .transform((id) => id ?? null),
  lines: z
    .array(NewLine)
    .min(1, 'Expected 1 to 100 lines, got none.')
    .max(MAX_LINES, { error: ({ input }) => `Expected 1 to 100 lines, got ${(input as unknown[]).length}.` }),
});

export const placeOrder: MutationResolvers['placeOrder'] = async (_, { input }, context) => {
  const { database, services, jobs, viewer } = context;
  const owner = ownerOf(viewer);
  const source = {
    database,
    inventory: services.inventory,
    enqueue: (transaction: typeof database, orderId: string) =>
      jobs.enqueue(prepareOrder, { orderId }, { database: transaction, owner }),
  };
  const { order, faults, userErrors } = await runMutation(context, { order: null, faults: [] }, () =>
    place(source, { owner, ...NewOrder.parse(input) }),
  );
  return { order, userErrors: [...faults, ...userErrors] };
};
