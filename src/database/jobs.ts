import { type Insertable, sql } from 'kysely';
import { GatherError } from '../errors.ts';
import type { Database } from './database.ts';
import type { Id, JobRow, JobState, JobTable } from './schema.ts';
import { param } from './statement.ts';
import { bind, toColumns, toList } from './table-definition.ts';
import { definitions, type Tables } from './tables.ts';

type NewJob = Pick<Insertable<JobTable>, 'task' | 'owner' | 'input' | 'deliveryId' | 'uniqueKey' | 'schedule'> &
  Pick<Insertable<JobTable>, 'scheduledAt'>;

/** What became of a job between two of its versions. */
export type JobChange = Pick<
  JobRow,
  'version' | 'state' | 'progress' | 'message' | 'error' | 'attempt' | 'startedAt' | 'finishedAt'
>;

/** The states of a job that has an end still to come. */
export const UNSETTLED = ['PENDING', 'RUNNING', 'RETRYING'] as const;

/** Whether a job in this state has come to its end. */
export function isSettled(state: JobState): boolean {
  return !UNSETTLED.some((unsettled) => unsettled === state);
}

/** How often an insertion is tried: a job that is in its way may be settled before it is found. */
const MAX_ATTEMPTS = 5;

/**
 * Inserts a job, or finds the one that is in its way: one of the same task and unique key that is not settled, or one
 * of the same schedule and tick.
 */
export async function insertJob(
  database: Database,
  tables: Tables,
  job: NewJob,
): Promise<{ job: JobRow; created: boolean }> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { rows } = await database.run(bind('insertJob', insertion, job), { name: 'job.insert' });
    if (rows[0]) return { job: rows[0], created: true };
    const found = await findInTheWay(tables, job);
    if (found) return { job: found, created: false };
  }
  throw new GatherError('CONFLICT', 'Such jobs come and go. Try again.', { retryable: true });
}

/** What happened to a job after the version that the reader knows, in the order in which it did. */
export async function changesOfJob(database: Database, jobId: Id, version: number): Promise<JobChange[]> {
  const statement = bind(
    'changesOfJob',
    () => sql<JobChange>`
      select version, state, progress, message, error, attempt, "startedAt", "finishedAt" from "jobChange"
      where "jobId" = ${param('jobId')} and version > ${param('version')} order by version`,
    { jobId, version },
  );
  return (await database.run(statement, { name: 'job.changes' })).rows;
}

const insertion = () => sql<JobRow>`
  insert into job (task, owner, input, "deliveryId", "uniqueKey", schedule, "scheduledAt")
  values (${param('task')}, ${param('owner')}, ${param('input')}, ${param('deliveryId')}, ${param('uniqueKey')},
    ${param('schedule')}, ${param('scheduledAt')})
  on conflict do nothing returning ${toList(toColumns(definitions.job, undefined))}`;

async function findInTheWay(tables: Tables, { task, uniqueKey, schedule, scheduledAt }: NewJob) {
  if (uniqueKey != null) {
    const unsettled = await tables.job.first({ where: { task, uniqueKey, state: { in: UNSETTLED } } });
    if (unsettled) return unsettled;
  }
  return schedule != null && scheduledAt != null ? tables.job.first({ where: { schedule, scheduledAt } }) : undefined;
}
