import type { Context } from '../context.ts';
import type { Id } from '../database/column-types.ts';
import type { JobRow } from '../database/engine-tables.generated.ts';
import { toRowId } from '../graphql/global-id.ts';
import type { SubscriptionResolvers } from '../graphql/schema.generated.ts';

export const Subscription: SubscriptionResolvers = {
  job: {
    subscribe: async (_, { id }, context) => {
      const rowId = toRowId('Job', id);
      // What is wrong from the beginning is answered as an error, and not as a stream that breaks.
      await context.tables['gather.job'].get({ id: rowId }, { columns: ['id'] });
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
