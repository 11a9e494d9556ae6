import { toPage } from '../database/page.ts';
import { toGlobalId } from './global-id.ts';
import { reads } from './reads.ts';
import type { SupplierResolvers } from './types.generated.ts';

export const Supplier: SupplierResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Supplier', id)),
  items: reads(['id'], async ({ id }, args, { loaders }) => loaders.itemsBySupplierId.load(id, toPage(args))),
};
