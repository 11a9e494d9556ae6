import { toGlobalId } from './global-id.ts';
import { reads, refers } from './reads.ts';
import type { ReviewResolvers } from './types.generated.ts';

export const Review: ReviewResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Review', id)),
  item: refers('itemId', 'item'),
  customer: refers('customerId', 'customer'),
};
