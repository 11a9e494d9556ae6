import type { JobResolvers } from '../../smokehouse/generated/schema.ts';
import { toGlobalId } from '../graphql/global-id.ts';
import { reads } from '../graphql/reads.ts';

export const Job: JobResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Job', id)),
  attempts: reads(['attempt'], ({ attempt }) => attempt),
};
