import type { SubscriptionResolvers } from '../../smokehouse/generated/schema.ts';
import type { Context } from '../context.ts';
import type { Id, JobRow } from '../database/schema.ts';
import { toRowId } from '../graphql/global-id.ts';

export const Subscription: SubscriptionResolvers = {
  job: {
    subscribe: async (_, { id }, context) => {
      const rowId = toRowId('Job', id);
      // What is wrong from the beginning is answered as an error, and not as a stream that breaks.
      await context.tables.job.get({ id: rowId }, { columns: ['id'] });
      return changes(rowId, context);
    },
    resolve: (job: JobRow) => job,
  },
};

/** Each is read with loaders of its own: what was loaded for an earlier one may have changed. */
async function* changes(id: Id, { jobs, database, renewLoaders }: Context): AsyncGenerator<JobRow> {
  for await (const job of jobs.changes(database, id)) {
    renewLoaders();
    yield job;
  }
}
