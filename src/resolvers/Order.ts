import { toGlobalId } from './global-id.ts';
import { reads } from './reads.ts';
import { findRow } from './rows.ts';
import type { OrderResolvers } from './types.generated.ts';

export const Order: OrderResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Order', id)),
  lines: reads(['id'], ({ id }, _, { loaders }) => loaders.linesByOrderId.load(id)),
  job: reads(['jobId'], ({ jobId }, _, { loaders }) => (jobId === null ? null : findRow(loaders.jobById, jobId))),
};
