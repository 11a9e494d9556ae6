import { toGlobalId } from '../../gather/graphql/global-id.ts';
import { reads } from '../../gather/graphql/reads.ts';
import { findRow } from '../../gather/graphql/rows.ts';
import type { OrderResolvers } from '../generated/schema.ts';

export const Order: OrderResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Order', id)),
  lines: reads(['id'], ({ id }, _, { loaders }) => loaders.linesByOrderId.load(id)),
  job: reads(['jobId'], ({ jobId }, _, { loaders }) => (jobId === null ? null : findRow(loaders.jobById, jobId))),
};
