import { sql } from 'kysely';
import type { Id, Json } from '../database/column-types.ts';
import type { Database, TableReference } from '../database/database.ts';
import type { JobState } from '../database/schema.ts';
import { param } from '../database/statement.ts';

/** An attempt of a job: no other attempt has its delivery and number. */
export interface AttemptKey {
  jobId: Id;
  deliveryId: string;
  number: number;
}

/** What an attempt has come to. */
export interface AttemptEnd extends AttemptKey {
  state: Extract<JobState, 'SUCCEEDED' | 'RETRYING' | 'FAILED'>;
  /** JSON text. */
  result: string | null;
  /** JSON text. */
  error: string | null;
}

/** An attempt whose row was written, or still belongs to it. */
export type WrittenAttempt = Omit<AttemptKey, 'jobId'>;

/**
 * Marks the jobs of these attempts as running, in one statement, and reads their inputs. Leaves out a job that is settled,
 * belongs to a later attempt, or is locked: it waits for nobody, and so cannot deadlock.
 */
export async function beginAttempts(
  database: Database,
  attempts: readonly AttemptKey[],
): Promise<(WrittenAttempt & { input: Json })[]> {
  const statement = database.bind('beginAttempts', beginning, toArrays(attempts));
  return (await database.run(statement, { name: 'job.begin', keys: attempts.length })).rows;
}

/** Writes what these attempts have come to, in one statement. Leaves out a job that is not theirs any more, or is locked. */
export async function endAttempts(database: Database, ends: readonly AttemptEnd[]): Promise<WrittenAttempt[]> {
  const statement = database.bind('endAttempts', ending, {
    ...toArrays(ends),
    states: ends.map(({ state }) => state),
    results: ends.map(({ result }) => result),
    errors: ends.map(({ error }) => error),
  });
  return (await database.run(statement, { name: 'job.end', keys: ends.length })).rows;
}

/** Those of these attempts whose jobs still belong to them. */
export async function presentAttempts(database: Database, attempts: readonly AttemptKey[]): Promise<WrittenAttempt[]> {
  const statement = database.bind('presentAttempts', presence, toArrays(attempts));
  return (await database.run(statement, { name: 'job.present', keys: attempts.length })).rows;
}

function toArrays(attempts: readonly AttemptKey[]) {
  return {
    ids: attempts.map(({ jobId }) => jobId),
    deliveryIds: attempts.map(({ deliveryId }) => deliveryId),
    numbers: attempts.map(({ number }) => number),
  };
}

const keys = sql`${param('ids')}::bigint[], ${param('deliveryIds')}::uuid[], ${param('numbers')}::integer[]`;

const beginning = (table: TableReference) => sql<WrittenAttempt & { input: Json }>`
  with due as (
    select job.id, due.number from ${table('gather.job')}
    join unnest(${keys}) as due(id, "deliveryId", number) on due.id = job.id
    where job."deliveryId" = due."deliveryId" and job.attempt <= due.number and job.state in ('PENDING', 'RUNNING', 'RETRYING')
    for no key update of job skip locked
  )
  update ${table('gather.job')} set state = 'RUNNING', attempt = due.number, progress = 0, message = null, error = null,
    "startedAt" = clock_timestamp()
  from due where job.id = due.id
  returning job."deliveryId", job.attempt as number, job.input`;

const ending = (table: TableReference) => sql<WrittenAttempt>`
  with due as (
    select due.* from ${table('gather.job')}
    join unnest(${keys}, ${param('states')}::text[], ${param('results')}::text[], ${param('errors')}::text[])
      as due(id, "deliveryId", number, state, result, error) on due.id = job.id
    where job."deliveryId" = due."deliveryId" and job.attempt = due.number and job.state = 'RUNNING'
    for no key update of job skip locked
  )
  update ${table('gather.job')} set state = due.state,
    progress = case when due.state = 'SUCCEEDED' then 1 else job.progress end,
    result = due.result::jsonb, error = due.error::jsonb,
    "finishedAt" = case when due.state <> 'RETRYING' then clock_timestamp() end
  from due where job.id = due.id
  returning job."deliveryId", job.attempt as number`;

const presence = (table: TableReference) => sql<WrittenAttempt>`
  select job."deliveryId", job.attempt as number from ${table('gather.job')}
  join unnest(${keys}) as due(id, "deliveryId", number) on due.id = job.id
  where job."deliveryId" = due."deliveryId" and job.attempt = due.number and job.state = 'RUNNING'`;
