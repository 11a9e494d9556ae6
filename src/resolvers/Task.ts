import { toGlobalId } from './global-id.ts';
import { reads } from './reads.ts';
import type { TaskResolvers } from './types.generated.ts';

export const Task: TaskResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Task', id)),
};
