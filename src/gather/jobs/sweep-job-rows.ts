import { type RawBuilder, sql } from 'kysely';
import type { Database, TableReference } from '../database/database.ts';
import type { JobError, JobState } from '../database/schema.ts';
import { param } from '../database/statement.ts';

const LOST: JobError = { code: 'WORKER_LOST', message: 'The queue no longer has this job. Run it again.' };
/** A job that changed more recently may be about to enter or to leave the queue. */
const GRACE = '10 minutes';

/**
 * Deletes up to `limit` jobs that were settled more than `keepDays` ago. Skips jobs that are being retried.
 * @returns how many
 */
export async function deleteOldJobs(database: Database, { keepDays, limit }: Record<'keepDays' | 'limit', number>) {
  const statement = database.bind(
    'deleteOldJobs',
    (table) => sql<never>`
      delete from ${table('gather.job')} where id = any(array(
        select id from ${table('gather.job')}
        where state in ('SUCCEEDED', 'FAILED', 'CANCELLED')
          and "finishedAt" < now() - make_interval(days => ${param('keepDays')}::integer)
        limit ${param('limit')} for update skip locked
      ))`,
    { keepDays, limit },
  );
  return (await database.run(statement, { name: 'job.deleteOld' })).count;
}

/**
 * Deletes up to `limit` changes of jobs that were settled more than an hour ago, except the last of each job: watchers
 * have read them. @returns how many
 */
export async function deleteOldChanges(database: Database, limit: number): Promise<number> {
  const statement = database.bind(
    'deleteOldChanges',
    (table) => sql<never>`
      delete from ${table('gather.jobChange')} where ctid = any(array(
        select change.ctid from ${table('gather.jobChange')} as change join ${table('gather.job')} on job.id = change."jobId"
        where job."finishedAt" < now() - interval '1 hour' and change.version < job.version
        limit ${param('limit')}
      ))`,
    { limit },
  );
  return (await database.run(statement, { name: 'job.deleteChanges' })).count;
}

/**
 * Settles the jobs that the queue will not deliver any more, because they were cancelled or deleted there.
 * @returns their new states
 */
export async function settleLostJobs(database: Database): Promise<JobState[]> {
  const statement = database.bind('settleLostJobs', (table) => settling(table, sql.id(database.queueSchema, 'job')), {
    error: JSON.stringify(LOST),
  });
  const { rows } = await database.run(statement, { name: 'job.settleLost' });
  return rows.map(({ state }) => state);
}

/** Fenced by the version: waits for a concurrent change of a job, and then leaves the job alone. */
const settling = (table: TableReference, deliveries: RawBuilder<unknown>) => sql<{ state: JobState }>`
  update ${table('gather.job')} set
    state = case when delivery.state = 'cancelled' then 'CANCELLED' else 'FAILED' end,
    error = case when delivery.state = 'cancelled' then null else ${param('error')}::jsonb end,
    "finishedAt" = clock_timestamp()
  from ${table('gather.job')} as lost left join ${deliveries} as delivery on delivery.name = lost.task and delivery.id = lost."deliveryId"
  where job.id = lost.id and job.version = lost.version and lost.state in ('PENDING', 'RUNNING', 'RETRYING')
    and (delivery.state is null or delivery.state in ('cancelled', 'completed', 'failed'))
    and not exists (
      select from ${table('gather.jobChange')}
      where "jobId" = lost.id and version = lost.version and "notedAt" > now() - interval ${sql.lit(GRACE)}
    )
  returning job.state`;
