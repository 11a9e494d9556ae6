import { toGlobalId } from './global-id.ts';
import { reads } from './reads.ts';
import type { ReviewResolvers } from './types.generated.ts';

export const Review: ReviewResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Review', id)),
  item: reads(['itemId'], ({ itemId }, _, { loaders }) => loaders.itemById.load(itemId)),
  customer: reads(['customerId'], ({ customerId }, _, { loaders }) => loaders.customerById.load(customerId)),
};
