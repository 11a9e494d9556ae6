import type { Context } from '../context.ts';
import type { Id } from '../database/column-types.ts';
import type { JobRow } from '../database/engine-tables.generated.ts';
import { toRowId } from '../global-id.ts';
import type { SubscriptionResolvers } from '../graphql/schema.generated.ts';

export const Subscription: SubscriptionResolvers = {
  job: {
    subscribe: async (_, { id }, context) => {
      const rowId = toRowId('Job', id);
      // Refuses an unknown ID with an error, instead of opening a stream that fails.
      await context.tables['gather.job'].get({ id: rowId }, { columns: ['id'] });
      return changes(rowId, context);
    },
    resolve: (job: JobRow) => job,
  },
};

/** Each change is resolved with fresh loaders: rows that they cached for the one before may be stale. */
async function* changes(id: Id, { jobs, database, renewLoaders }: Context): AsyncGenerator<JobRow> {
  for await (const job of jobs.changes(database, id)) {
    renewLoaders();
    yield job;
  }
}
