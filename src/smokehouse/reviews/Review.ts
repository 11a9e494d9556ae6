import { toGlobalId } from '../../gather/graphql/global-id.ts';
import { reads, refers } from '../../gather/graphql/reads.ts';
import type { ReviewResolvers } from '../generated/schema.ts';

export const Review: ReviewResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Review', id)),
  item: refers('itemId', 'item'),
  customer: refers('customerId', 'customer'),
};
