import { toPage } from '../database/page.ts';
import { toGlobalId } from './global-id.ts';
import { reads } from './reads.ts';
import type { CustomerResolvers } from './types.generated.ts';

export const Customer: CustomerResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Customer', id)),
  reviews: reads(['id'], async ({ id }, args, { loaders }) => loaders.reviewsByCustomerId.load(id, toPage(args))),
};
