import { toPage } from '../database/page.ts';
import { toRowId } from '../global-id.ts';
import { findRow } from '../graphql/rows.ts';
import type { QueryResolvers } from '../graphql/schema.generated.ts';

export const Query: QueryResolvers = {
  job: async (_, { id }, { loaders }) => findRow(loaders.jobById, toRowId('Job', id)),

  jobs: async (_, args, { tables, columns, viewer, roles }) =>
    tables['gather.job'].connection({
      name: 'jobs',
      where: { ...args.where, ...roles.ownedBy(viewer) },
      orderBy: [{ column: 'id', direction: 'desc' }],
      columns: columns['gather.job'],
      page: toPage(args),
    }),

  schedules: (_, __, { schedules }) => [...schedules],
};
