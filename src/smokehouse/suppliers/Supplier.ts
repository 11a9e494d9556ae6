import { toPage } from '../../gather/database/page.ts';
import { toGlobalId } from '../../gather/graphql/global-id.ts';
import { reads } from '../../gather/graphql/reads.ts';
import type { SupplierResolvers } from '../generated/schema.ts';

export const Supplier: SupplierResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Supplier', id)),
  items: reads(['id'], async ({ id }, args, { loaders }) => loaders.itemsBySupplierId.load(id, toPage(args))),
};
