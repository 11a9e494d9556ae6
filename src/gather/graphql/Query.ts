import { loadNode } from './node.ts';
import { assertRange } from './range.ts';
import type { QueryResolvers } from './schema.generated.ts';

const MAX_NODES = 1000;

/** Resolvers that check arguments are async: if one throws synchronously, the executor waits for all sibling fields. */
export const Query: QueryResolvers = {
  node: (_, { id }, { loaders }) => loadNode(id, loaders),

  nodes: async (_, { ids }, { loaders }) => {
    assertRange('the number of `ids`', ids.length, 0, MAX_NODES);
    return ids.map((id) => loadNode(id, loaders));
  },

  viewer: async (_, __, { viewer }) => {
    if (viewer.failure) throw viewer.failure;
    return viewer.user ? { ...viewer, user: viewer.user } : null;
  },
};
