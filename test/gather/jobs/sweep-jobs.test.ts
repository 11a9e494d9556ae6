import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { deleteOldJobs, settleLostJobs } from '../../../src/gather/jobs/sweep-job-rows.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { startTestWorker } from '../../helpers/worker.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});

beforeEach(async () => {
  await gather.database.ask('truncate job cascade');
  await gather.database.ask('delete from gather_jobs.job');
});

afterAll(() => gather.close());

test('jobs that were settled long ago are deleted, with their changes', async () => {
  await gather.database.ask(`insert into job (task, state, input, "deliveryId", "finishedAt")
    select 'old', 'SUCCEEDED', '{}', gen_random_uuid(), now() - interval '31 days' from generate_series(1, 2500)`);
  await gather.database.ask(`insert into job (task, state, input, "deliveryId", "finishedAt")
    values ('new', 'SUCCEEDED', '{}', gen_random_uuid(), now() - interval '29 days')`);
  expect(await sweep()).toEqual({ deleted: 2500, failed: 0, cancelled: 0 });
  expect(await gather.database.ask(`select task from job where task in ('old', 'new')`)).toEqual([{ task: 'new' }]);
  expect(await gather.database.ask('select from "jobChange" where "jobId" not in (select id from job)')).toEqual([]);
});

test('of how a job came to its end only the last change is kept after an hour', async () => {
  const [old, recent] = [await add(), await add()];
  for (const id of [old, recent]) {
    await gather.database.ask(`update job set progress = 0.5 where id = ${id}`);
    await gather.database.ask(`update job set state = 'SUCCEEDED', "finishedAt" = now() where id = ${id}`);
  }
  await gather.database.ask(`update job set "finishedAt" = now() - interval '61 minutes' where id = ${old}`);
  await sweep();
  const versions = await gather.database.ask(
    `select "jobId", array_agg(version order by version) as versions from "jobChange"
     where "jobId" in (${old}, ${recent}) group by "jobId" order by "jobId"`,
  );
  expect(versions).toEqual([
    { jobId: old, versions: [4] },
    { jobId: recent, versions: [1, 2, 3] },
  ]);
});

test('jobs that the queue has lost are settled, and no others', async () => {
  const [lost, cancelled, waiting, fresh] = [await add(), await add(), await add(), await add()];
  await gather.database.ask(`delete from gather_jobs.job where id in (${deliveryOf(lost)}, ${deliveryOf(fresh)})`);
  await gather.database.ask(`update gather_jobs.job set state = 'cancelled' where id = ${deliveryOf(cancelled)}`);
  await gather.database.ask(
    `update "jobChange" set "notedAt" = now() - interval '11 minutes' where "jobId" <> ${fresh}`,
  );
  // So that no worker takes it meanwhile.
  await gather.database.ask(
    `update gather_jobs.job set start_after = now() + interval '1 hour' where id = ${deliveryOf(waiting)}`,
  );
  expect(await sweep()).toEqual({ deleted: 0, failed: 1, cancelled: 1 });
  const rows = await gather.database.ask(
    `select id, state, error->>'code' as code from job where task = 'add' order by id`,
  );
  expect(rows).toEqual([
    { id: lost, state: 'FAILED', code: 'WORKER_LOST' },
    { id: cancelled, state: 'CANCELLED', code: null },
    { id: waiting, state: 'PENDING', code: null },
    { id: fresh, state: 'PENDING', code: null },
  ]);
});

test.each([
  ['PENDING', 'created', 'PENDING'],
  ['RETRYING', 'retry', 'RETRYING'],
  ['RUNNING', 'active', 'RUNNING'],
  ['PENDING', 'cancelled', 'CANCELLED'],
  ['RETRYING', 'failed', 'FAILED'],
  ['RUNNING', 'completed', 'FAILED'],
  ['SUCCEEDED', 'cancelled', 'SUCCEEDED'],
])('a job that is %s here and %s in the queue is or becomes %s', async (state, delivered, settled) => {
  const id = await add();
  await gather.database.ask('update job set state = $1', [state]);
  await gather.database.ask(
    `update gather_jobs.job set state = $1::gather_jobs.job_state where id = ${deliveryOf(id)}`,
    [delivered],
  );
  await elapse();
  await settleLostJobs(gather.database.database);
  expect(await gather.database.ask('select id, state from job')).toEqual([{ id, state: settled }]);
});

test('a lost job that is cancelled and run again meanwhile stays as it is', async () => {
  const id = await add();
  await gather.database.ask('delete from gather_jobs.job');
  await elapse();
  const other = await gather.database.pools.pool.connect();
  try {
    await other.query('begin');
    await other.query(`update job set state = 'CANCELLED'`);
    await other.query(`update job set state = 'PENDING', "deliveryId" = gen_random_uuid()`);
    const settling = settleLostJobs(gather.database.database);
    await eventually(async () => expect(await findWaiting()).toHaveLength(1));
    await other.query('commit');
    expect(await settling).toEqual([]);
  } finally {
    other.release();
  }
  expect(await gather.database.ask('select id, state from job')).toEqual([{ id, state: 'PENDING' }]);
});

test('an old job that is run again meanwhile is not deleted', async () => {
  const id = await add();
  await gather.database.ask(`update job set state = 'FAILED', "finishedAt" = now() - interval '31 days'`);
  const other = await gather.database.pools.pool.connect();
  try {
    await other.query('begin');
    await other.query(`update job set state = 'PENDING', "finishedAt" = null`);
    expect(await deleteOldJobs(gather.database.database, { keepDays: 30, limit: 10 })).toBe(0);
    await other.query('commit');
  } finally {
    other.release();
  }
  expect(await gather.database.ask('select id, state from job')).toEqual([{ id, state: 'PENDING' }]);
});

async function add(): Promise<string> {
  const { data } = await gather.query('mutation { add(x: 1, y: 2) { job { id } } }');
  return atob(data.add.job.id).replace('Job:', '');
}

function deliveryOf(id: string): string {
  return `(select "deliveryId" from job where id = ${id})`;
}

/** Makes every change so far a while ago. */
function elapse() {
  return gather.database.ask(`update "jobChange" set "notedAt" = now() - interval '11 minutes'`);
}

function findWaiting() {
  return gather.database.ask(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
}

async function sweep() {
  await using _worker = await startTestWorker(gather);
  await gather.query('mutation { runSchedule(name: "sweepJobs") { job { id } } }');
  const last = async () => (await gather.query('{ schedules { lastJob { state result } } }')).data.schedules[1].lastJob;
  await expect.poll(async () => (await last()).state).toBe('SUCCEEDED');
  return (await last()).result;
}
