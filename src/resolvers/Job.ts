import { toGlobalId } from './global-id.ts';
import { reads } from './reads.ts';
import type { JobResolvers } from './types.generated.ts';

export const Job: JobResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Job', id)),
  attempts: reads(['attempt'], ({ attempt }) => attempt),
};
