import { type Expression, type Insertable, type RawBuilder, sql } from 'kysely';
import type { Id } from '../database/column-types.ts';
import type { Database, TableReference } from '../database/database.ts';
import type { JobRow, JobTable } from '../database/engine-tables.generated.ts';
import type { JobState } from '../database/schema.ts';
import { param } from '../database/statement.ts';
import { toColumns, toList } from '../database/table-definition.ts';
import type { EngineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';

type NewJob = Pick<Insertable<JobTable>, 'task' | 'owner' | 'input' | 'deliveryId' | 'uniqueKey' | 'schedule'> &
  Pick<Insertable<JobTable>, 'scheduledAt'> & { queuedFor: string };

/** A change of a job between two of its versions. */
export type JobChange = Pick<
  JobRow,
  'version' | 'state' | 'progress' | 'message' | 'error' | 'attempt' | 'startedAt' | 'finishedAt'
>;

/** The states of a job that has not ended. */
export const UNSETTLED = ['PENDING', 'RUNNING', 'RETRYING'] as const;

/** Whether a job in this state has ended. */
export function isSettled(state: JobState): boolean {
  return !UNSETTLED.some((unsettled) => unsettled === state);
}

/** Maximum number of inserts: a conflicting job may be settled before it is read. */
const MAX_ATTEMPTS = 5;

/**
 * Inserts a job, or returns the one that it conflicts with: an unsettled one of the same task and unique key, or one of
 * the same schedule and tick.
 */
export async function insertJob(
  database: Database,
  tables: EngineTables,
  job: NewJob,
): Promise<{ job: JobRow; created: boolean }> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const columns = toColumns(database.definitions['gather.job'], undefined);
    const { rows } = await database.run(
      database.bind('insertJob', (table) => insertion(table, columns), job),
      { name: 'job.insert' },
    );
    if (rows[0]) return { job: rows[0], created: true };
    const found = await findConflicting(tables, job);
    if (found) return { job: found, created: false };
  }
  throw new GatherError('CONFLICT', 'Another job with this key was enqueued and settled meanwhile. Try again.', {
    retryable: true,
  });
}

/** The changes of a job after this version, oldest first. */
export async function changesOfJob(database: Database, jobId: Id, version: number): Promise<JobChange[]> {
  const statement = database.bind(
    'changesOfJob',
    (table) => sql<JobChange>`
      select version, state, progress, message, error, attempt, "startedAt", "finishedAt" from ${table('gather.jobChange')}
      where "jobId" = ${param('jobId')} and version > ${param('version')} order by version`,
    { jobId, version },
  );
  return (await database.asServer.run(statement, { name: 'job.changes' })).rows;
}

/**
 * Counts the unsettled jobs of a user, holding a lock until the transaction ends: concurrent enqueuers are counted one
 * after another, each with the jobs of those before.
 */
export async function countUnsettled(transaction: Database, queuedFor: string): Promise<number> {
  const lock = transaction.bind(
    'lockQueuedFor',
    () => sql`select pg_advisory_xact_lock(hashtext('gather.job'), hashtext(${param('queuedFor')}))`,
    { queuedFor },
  );
  await transaction.run(lock, { name: 'job.lock' });
  // A separate statement: its snapshot must be newer than the wait for the lock.
  const statement = transaction.bind(
    'countUnsettledJobs',
    (table) => sql<{ count: number }>`
      select count(*)::integer as count from ${table('gather.job')}
      where "queuedFor" = ${param('queuedFor')} and state in ('PENDING', 'RUNNING', 'RETRYING')`,
    { queuedFor },
  );
  const { rows } = await transaction.run(statement, { name: 'job.countUnsettled' });
  return rows[0]?.count ?? 0;
}

/**
 * The turn of a job that is enqueued now, by start-time fair queueing: one after the last turn of the same user, or after
 * the turn that is being served, whichever is later. A new user starts at the front of the queue's present turn, so that
 * nobody is starved.
 */
export function nextTurn(
  job: RawBuilder<unknown>,
  task: Expression<string>,
  queuedFor: Expression<string>,
): Expression<number> {
  return sql<number>`(
    select 1 + greatest(
      (select max(turn) from ${job} as own
        where "queuedFor" = ${queuedFor} and task = ${task} and state in ('PENDING', 'RUNNING', 'RETRYING')),
      coalesce(
        (select max(turn) from ${job} as running where task = ${task} and state = 'RUNNING'),
        (select min(turn) - 1 from ${job} as waiting where task = ${task} and state = 'PENDING'),
        0
      )
    )
  )`;
}

const insertion = (table: TableReference, columns: readonly string[]) => sql<JobRow>`
  insert into ${table('gather.job')} as job (task, owner, input, "deliveryId", "uniqueKey", schedule, "scheduledAt", "queuedFor", turn)
  values (${param('task')}, ${param('owner')}, ${param('input')}, ${param('deliveryId')}, ${param('uniqueKey')},
    ${param('schedule')}, ${param('scheduledAt')}, ${param('queuedFor')},
    ${nextTurn(table('gather.job'), sql`${param('task')}::text`, sql`${param('queuedFor')}::text`)})
  on conflict do nothing returning ${toList(columns)}`;

async function findConflicting(tables: EngineTables, { task, uniqueKey, schedule, scheduledAt }: NewJob) {
  if (uniqueKey != null) {
    const unsettled = await tables.job.first({ where: { task, uniqueKey, state: { in: UNSETTLED } } });
    if (unsettled) return unsettled;
  }
  return schedule != null && scheduledAt != null ? tables.job.first({ where: { schedule, scheduledAt } }) : undefined;
}
