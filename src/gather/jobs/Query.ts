import { toPage } from '../database/page.ts';
import { toRowId } from '../global-id.ts';
import { findRow } from '../graphql/rows.ts';
import type { QueryResolvers } from '../graphql/schema.generated.ts';

export const Query: QueryResolvers = {
  job: async (_, { id }, { loaders }) => findRow(loaders.jobById, toRowId('Job', id)),

  jobs: async (_, { where, ...page }, { tables, columns, viewer, roles }) =>
    tables['gather.job'].connection({
      name: 'jobs',
      where: { ...where, ...roles.ownedBy(viewer) },
      orderBy: [{ column: 'id', direction: 'desc' }],
      columns: columns['gather.job'],
      page: toPage(page),
    }),

  schedules: (_, __, { schedules }) => [...schedules],
};
