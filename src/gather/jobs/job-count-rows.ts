import { sql } from 'kysely';
import { Database } from '../database/database.ts';
import type { Pools } from '../database/pool.ts';
import type { JobCount } from '../monitoring/metrics/jobs.ts';

/** Counts the unsettled jobs by task and state. Uses the control pool, so that it does not wait behind pages. */
export async function countUnsettledJobs(pools: Pools): Promise<JobCount[]> {
  const database = new Database({ ...pools, pool: pools.control }, new AbortController().signal);
  const statement = database.bind(
    'countUnsettledJobs by state',
    (table) => sql<JobCount>`
      select task, state, count(*)::integer as count,
        extract(epoch from clock_timestamp() - min("createdAt"))::double precision as "oldestSeconds"
      from ${table('gather.job')} where state in ('PENDING', 'RUNNING', 'RETRYING') group by task, state`,
    {},
  );
  return (await database.run(statement, { name: 'job.countByState' })).rows;
}
