import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { JobError, JobState } from '../database/schema.ts';
import { param } from '../database/statement.ts';
import { bind } from '../database/table-definition.ts';

const LOST: JobError = { code: 'WORKER_LOST', message: 'The queue no longer has this job. Run it again.' };
/** A job that changed a moment ago may be on its way into the queue, or out of it. */
const GRACE = '10 minutes';

/**
 * Deletes up to so many jobs that were settled so many days ago. One that is being run again just now is left.
 * @returns how many
 */
export async function deleteOldJobs(database: Database, { keepDays, limit }: Record<'keepDays' | 'limit', number>) {
  const statement = bind(
    'deleteOldJobs',
    () => sql<never>`
      delete from job where id = any(array(
        select id from job
        where state in ('SUCCEEDED', 'FAILED', 'CANCELLED')
          and "finishedAt" < now() - make_interval(days => ${param('keepDays')}::integer)
        limit ${param('limit')} for update skip locked
      ))`,
    { keepDays, limit },
  );
  return (await database.run(statement, { name: 'job.deleteOld' })).count;
}

/**
 * Deletes up to so many notes of changes of jobs that were settled an hour ago, but for the last of each: whoever watched
 * them has read them. @returns how many
 */
export async function deleteOldChanges(database: Database, limit: number): Promise<number> {
  const statement = bind(
    'deleteOldChanges',
    () => sql<never>`
      delete from "jobChange" where ctid = any(array(
        select change.ctid from "jobChange" as change join job on job.id = change."jobId"
        where job."finishedAt" < now() - interval '1 hour' and change.version < job.version
        limit ${param('limit')}
      ))`,
    { limit },
  );
  return (await database.run(statement, { name: 'job.deleteChanges' })).count;
}

/**
 * Settles the jobs that the queue will not deliver any more, because somebody cancelled or deleted them there.
 * @returns what each became
 */
export async function settleLostJobs(database: Database): Promise<JobState[]> {
  const statement = bind('settleLostJobs', settling, { error: JSON.stringify(LOST) });
  const { rows } = await database.run(statement, { name: 'job.settleLost' });
  return rows.map(({ state }) => state);
}

/** The version fences it: a job that somebody else changes meanwhile is waited for, and then left as it is. */
const settling = () => sql<{ state: JobState }>`
  update job set
    state = case when delivery.state = 'cancelled' then 'CANCELLED' else 'FAILED' end,
    error = case when delivery.state = 'cancelled' then null else ${param('error')}::jsonb end,
    "finishedAt" = clock_timestamp()
  from job as lost left join pgboss.job as delivery on delivery.name = lost.task and delivery.id = lost."deliveryId"
  where job.id = lost.id and job.version = lost.version and lost.state in ('PENDING', 'RUNNING', 'RETRYING')
    and (delivery.state is null or delivery.state in ('cancelled', 'completed', 'failed'))
    and not exists (
      select from "jobChange"
      where "jobId" = lost.id and version = lost.version and "notedAt" > now() - interval ${sql.lit(GRACE)}
    )
  returning job.state`;
