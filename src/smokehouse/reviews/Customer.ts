import { toPage } from '../../gather/database/page.ts';
import { toGlobalId } from '../../gather/graphql/global-id.ts';
import { reads } from '../../gather/graphql/reads.ts';
import type { CustomerResolvers } from '../generated/schema.ts';

export const Customer: CustomerResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Customer', id)),
  reviews: reads(['id'], async ({ id }, args, { loaders }) => loaders.reviewsByCustomerId.load(id, toPage(args))),
};
