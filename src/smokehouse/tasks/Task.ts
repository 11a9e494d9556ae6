import { toGlobalId } from '../../gather/graphql/global-id.ts';
import { reads } from '../../gather/graphql/reads.ts';
import type { TaskResolvers } from '../generated/schema.ts';

export const Task: TaskResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Task', id)),
};
