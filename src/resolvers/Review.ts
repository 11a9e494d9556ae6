import { toGlobalId } from './global-id.ts';
import { reads } from './reads.ts';
import { getRow } from './rows.ts';
import type { ReviewResolvers } from './types.generated.ts';

export const Review: ReviewResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Review', id)),
  item: reads(['itemId'], ({ itemId }, _, { loaders }) => getRow(loaders.itemById, itemId)),
  customer: reads(['customerId'], ({ customerId }, _, { loaders }) => getRow(loaders.customerById, customerId)),
};
