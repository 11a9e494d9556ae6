import { toGlobalId } from '../global-id.ts';
import { reads } from '../graphql/reads.ts';
import type { JobResolvers } from '../graphql/schema.generated.ts';

export const Job: JobResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Job', id)),
  attempts: reads(['attempt'], ({ attempt }) => attempt),
};
