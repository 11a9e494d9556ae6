import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import type { JobRow } from '../../../src/gather/database/engine-tables.generated.ts';
import { defineTask, type RunnableTask } from '../../../src/gather/jobs/task.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { JobBoard } from '../../helpers/job-board.ts';
import { startWorker, toWorkerConfig } from '../../helpers/worker.ts';

const LONG_MS = 60_000;

const options = { input: z.object({ ms: z.int() }), attempts: 2, backoffSeconds: 1, timeoutMs: LONG_MS };
const doze = defineTask({
  ...options,
  name: 'doze',
  concurrency: 2,
  run: async ({ ms }, { signal }) => {
    await sleep(ms, undefined, { signal });
    return null;
  },
});
const alone = defineTask({ ...doze, name: 'alone', concurrency: 1 });

let database: TestDatabase;
let board: JobBoard;

beforeAll(async () => {
  database = await createTestDatabase();
  board = await JobBoard.open({ databaseUrl: database.databaseUrl, tasks: [doze, alone] });
});
beforeEach(async () => {
  await database.ask('truncate job cascade');
  await database.ask('delete from gather_jobs.job');
});
afterAll(async () => {
  await board[Symbol.asyncDispose]();
  await database.drop();
});

test('a job begins while thousands of another owner wait, and long ones of theirs run', async () => {
  for (let wave = 0; wave < 20; wave++) {
    await Promise.all(Array.from({ length: 100 }, () => enqueue('greedy', doze, LONG_MS)));
  }
  await start([doze]);
  await expect.poll(() => count(`owner = 'greedy' and state = 'RUNNING'`), { timeout: 10_000 }).toBe(1);
  const { id } = await enqueue('modest', doze, 0);
  await board.until(id, 'SUCCEEDED');
  expect(await count(`owner = 'greedy' and state = 'RUNNING'`)).toBe(1);
  expect(await count(`owner = 'greedy' and attempt = 0`)).toBe(1999);
}, 60_000);

test('owners take turns, each with their own jobs in order, and each job is run once', async () => {
  for (const owner of ['one', 'other']) for (let job = 0; job < 20; job++) await enqueue(owner, alone, 0);
  await enqueue('late', alone, 0);
  await start([alone]);
  await expect.poll(() => count(`state = 'SUCCEEDED'`), { timeout: 20_000 }).toBe(41);
  const begun = await database.ask<{ owner: string; id: string; attempt: number }>(
    'select owner, id, attempt from job order by "startedAt"',
  );
  expect(begun.map(({ owner }) => owner)).toEqual([
    ...['one', 'other', 'late'],
    ...Array.from({ length: 19 }, () => ['one', 'other']).flat(),
  ]);
  for (const owner of ['one', 'other']) {
    const ids = begun.filter((job) => job.owner === owner).map(({ id }) => Number(id));
    expect(ids).toEqual(ids.toSorted((first, second) => first - second));
  }
  expect(begun.every(({ attempt }) => attempt === 1)).toBe(true);
});

test('whoever keeps coming with one job does not keep those back who wait already', async () => {
  for (let job = 0; job < 5; job++) await enqueue('waiting', alone, 20);
  await start([alone]);
  while ((await count(`owner = 'waiting' and state <> 'SUCCEEDED'`)) > 0) {
    const { id } = await enqueue('coming', alone, 20);
    await board.until(id, 'SUCCEEDED');
  }
  const begun = await database.ask<{ owner: string }>('select owner from job order by "startedAt"');
  expect(begun.map(({ owner }) => owner[0]).join('')).not.toMatch(/cc.*w/);
});

test('a job that is run again goes behind those that wait', async () => {
  const first = await enqueue('impatient', alone, 0);
  await board.jobs.cancel(board.database, first.id);
  await enqueue('patient', alone, LONG_MS);
  await start([alone]);
  await expect.poll(() => count(`state = 'RUNNING'`)).toBe(1);
  const waiting = await enqueue('waiting', alone, 0);
  const again = await board.jobs.retry(board.database, first.id);
  expect(again.turn).toBeGreaterThanOrEqual(waiting.turn);
});

test('a job that a worker gives back keeps its turn and its place', async () => {
  const { id } = await enqueue('first', alone, LONG_MS);
  for (let job = 0; job < 3; job++) await enqueue('first', alone, 0);
  const worker = await startWorker(toWorkerConfig(database.databaseUrl), { tasks: [alone], schedules: [] });
  await board.until(id, 'RUNNING');
  await worker.stop(AbortSignal.abort());
  await board.until(id, 'PENDING');
  const waiting = await database.ask<{ id: string; group: string }>(
    `select data ->> 'jobId' as id, group_id as "group" from gather_jobs.job
     where name = 'alone' and state = 'created' order by priority desc, created_on limit 1`,
  );
  expect(waiting).toEqual([{ id, group: 'first' }]);
});

function enqueue(owner: string, task: typeof doze, ms: number): Promise<JobRow> {
  return board.jobs.enqueue(task, { ms }, { database: board.database, owner });
}

/** A worker that gives back what it runs at the end of the test. */
async function start(tasks: readonly RunnableTask[]): Promise<void> {
  const worker = await startWorker(toWorkerConfig(database.databaseUrl), { tasks, schedules: [] });
  onTestFinished(() => worker.stop(AbortSignal.abort()));
}

async function count(where: string): Promise<number> {
  const [row] = await database.ask<{ count: number }>(`select count(*)::integer as count from job where ${where}`);
  return row?.count ?? 0;
}
