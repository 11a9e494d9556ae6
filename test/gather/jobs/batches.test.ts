import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { type Call, calls } from '../../../src/gather/calls.ts';
import type { JobRow } from '../../../src/gather/database/engine-tables.generated.ts';
import { Attempt } from '../../../src/gather/jobs/attempt.ts';
import { AttemptBatches } from '../../../src/gather/jobs/attempt-batches.ts';
import { defineTask } from '../../../src/gather/jobs/task.ts';
import { createLog } from '../../../src/gather/monitoring/log.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { JobBoard } from '../../helpers/job-board.ts';
import { startWorker, toWorkerConfig } from '../../helpers/worker.ts';

/** Longer than any test. */
const LONG_MS = 60_000;

const options = { input: z.object({ n: z.int() }), attempts: 2, backoffSeconds: 1, timeoutMs: LONG_MS };
const small = defineTask({
  ...options,
  name: 'small',
  concurrency: 100,
  // What fails is not tried again during the tests.
  backoffSeconds: 600,
  run: async ({ n }) => {
    if (n < 0) throw new Error('no');
    return n;
  },
});
const endless = defineTask({
  ...options,
  name: 'endless',
  concurrency: 5,
  run: (_, { signal }) =>
    new Promise<null>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
});
const unserved = defineTask({ ...small, name: 'unserved' });

let database: TestDatabase;
let board: JobBoard;

beforeAll(async () => {
  database = await createTestDatabase();
  board = await JobBoard.open({ databaseUrl: database.databaseUrl, tasks: [small, endless, unserved] });
});
afterAll(async () => {
  await board[Symbol.asyncDispose]();
  await database.drop();
});

test.each([
  ['succeed', 'job.complete', 'SUCCEEDED', (n: number) => n],
  ['fail', 'job.fail', 'RETRYING', (n: number) => -n - 1],
] as const)('99 jobs that %s are begun, ended and settled in one statement each', async (_, settling, state, toN) => {
  const jobs = await enqueueMany(small, 99, toN);
  const counts = countCalls();
  const worker = await startWorker(toWorkerConfig(database.databaseUrl), { tasks: [small], schedules: [] });
  for (const { id } of jobs) await board.until(id, state);
  await worker.stop();
  expect(counts).toMatchObject({ 'job.begin': 1, 'job.end': 1, [settling]: 1 });
  expect(Object.keys(counts)).not.toContain('gather.job.update');
  const changes = await database.ask<{ history: string }>(
    `select string_agg(state || ' ' || version, ', ' order by version) as history from "jobChange" group by "jobId"
     having "jobId" = any($1::bigint[])`,
    [jobs.map(({ id }) => id)],
  );
  expect(changes.map(({ history }) => history)).toEqual(Array(99).fill(`PENDING 1, RUNNING 2, ${state} 3`));
  if (state === 'SUCCEEDED') {
    for (const { id, input } of jobs) {
      expect(await board.get(id)).toMatchObject({ attempt: 1, progress: 1, result: (input as { n: number }).n });
    }
  }
});

test('of five places the jobs of one user take four, fetched together', async () => {
  for (let n = 0; n < 10; n++) await enqueueAs('greedy', n);
  const counts = countCalls();
  const worker = await startWorker(toWorkerConfig(database.databaseUrl), { tasks: [endless], schedules: [] });
  onTestFinished(() => worker.stop(AbortSignal.abort()));
  const running = `select from job where task = 'endless' and owner = $1 and state = 'RUNNING'`;
  await expect.poll(() => database.ask(running, ['greedy'])).toHaveLength(4);
  expect(counts).toMatchObject({ 'job.begin': 1 });
  const { id } = await enqueueAs('modest', 10);
  await board.until(id, 'RUNNING');
  expect(await database.ask(running, ['greedy'])).toHaveLength(4);
});

test('attempts that begin and end together take one statement each, and each changes only its own job', async () => {
  const jobs = await enqueueMany(unserved, 3);
  const batches = new AttemptBatches(board.database);
  const attempts = jobs.map((job) => toAttempt(job, 0, batches));
  const before = countCalls();
  expect(await Promise.all(attempts.map((attempt) => attempt.begin()))).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  expect(await Promise.all(attempts.map((attempt) => attempt.isPresent()))).toEqual([true, true, true]);
  expect(before).toEqual({ 'job.begin': 1, 'job.present': 1 });
  const [kept, taken, cancelled] = jobs as [JobRow, JobRow, JobRow];
  expect(await toAttempt(taken, 1, batches).begin()).toEqual({ n: 1 });
  await board.jobs.cancel(board.database, cancelled.id);
  const others = [await board.get(taken.id), await board.get(cancelled.id)];
  expect(await Promise.all(attempts.map((attempt) => attempt.isPresent()))).toEqual([true, false, false]);

  const after = countCalls();
  expect(await Promise.all(attempts.map((attempt, n) => attempt.succeed(`result ${n}`)))).toEqual(
    Array(3).fill('completed'),
  );
  expect(await board.get(kept.id)).toMatchObject({ state: 'SUCCEEDED', attempt: 1, result: 'result 0' });
  expect([await board.get(taken.id), await board.get(cancelled.id)]).toEqual(others);
  // Of the two that were left out, each is written by itself to find that out.
  expect(after).toEqual({ 'job.end': 1, 'gather.job.update': 2 });
  expect(await Promise.all(jobs.map((job) => toAttempt(job, 0, batches).begin()))).toEqual(Array(3).fill(undefined));
});

test('two attempts of a job that begin together: the later one has it', async () => {
  const [job] = (await enqueueMany(unserved, 1)) as [JobRow];
  const batches = new AttemptBatches(board.database);
  const [second, first] = [toAttempt(job, 1, batches), toAttempt(job, 0, batches)];
  await Promise.all([first.begin(), second.begin()]);
  expect(await board.get(job.id)).toMatchObject({ state: 'RUNNING', attempt: 2 });
  expect(await first.isPresent()).toBe(false);
  expect(await second.isPresent()).toBe(true);
});

test('a result that PostgreSQL refuses fails its own job only', async () => {
  const jobs = await enqueueMany(unserved, 3);
  const batches = new AttemptBatches(board.database);
  const attempts = jobs.map((job) => toAttempt(job, 0, batches));
  await Promise.all(attempts.map((attempt) => attempt.begin()));
  const ended = attempts.map((attempt, n) => attempt.succeed(n === 1 ? 'a\0b' : 'fine'));
  expect((await Promise.allSettled(ended)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const states = await Promise.all(jobs.map(async ({ id }) => (await board.get(id)).state));
  expect(states).toEqual(['SUCCEEDED', 'RUNNING', 'SUCCEEDED']);
});

test('a job that is locked holds up no other', async () => {
  const jobs = await enqueueMany(unserved, 2);
  const [locked, free] = jobs as [JobRow, JobRow];
  const batches = new AttemptBatches(board.database);
  const bystander = new pg.Client({ connectionString: database.databaseUrl });
  await bystander.connect();
  try {
    await bystander.query('begin');
    await bystander.query('select from job where id = $1 for update', [locked.id]);
    const [late, soon] = [toAttempt(locked, 0, batches), toAttempt(free, 0, batches)];
    const begun = late.begin();
    expect(await soon.begin()).toEqual({ n: 1 });
    expect(await soon.succeed('done')).toBe('completed');
    expect(await board.get(locked.id)).toMatchObject({ state: 'PENDING' });
    await bystander.query('rollback');
    expect(await begun).toEqual({ n: 0 });
  } finally {
    await bystander.end();
  }
  expect(await board.get(locked.id)).toMatchObject({ state: 'RUNNING', attempt: 1 });
});

/** Enqueues jobs that all become visible at once. */
function enqueueMany(task: typeof small, count: number, toN = (n: number) => n): Promise<JobRow[]> {
  return board.database.transaction(async (transaction) => {
    const jobs: JobRow[] = [];
    for (let n = 0; n < count; n++) {
      jobs.push(await board.jobs.enqueue(task, { n: toN(n) }, { database: transaction }));
    }
    return jobs;
  });
}

function enqueueAs(owner: string, n: number): Promise<JobRow> {
  return board.jobs.enqueue(endless, { n }, { database: board.database, owner });
}

function toAttempt({ id, deliveryId }: JobRow, retryCount: number, batches: AttemptBatches): Attempt {
  const { database, queue } = board;
  const delivered = { id: deliveryId, data: { jobId: id, attemptsBefore: 0 }, retryCount, retryLimit: 1 };
  const log = createLog({ logFormat: 'none' });
  return new Attempt(delivered, { database, batches, queue, log, stopping: new AbortController().signal }, 'unserved');
}

/** Counts the statements that change jobs, by their names, until the end of the test. */
function countCalls(): Record<string, number> {
  const counts: Record<string, number> = {};
  const count = (call: unknown) => {
    const { name } = call as Call;
    if (/^job\.(begin|end|present|complete|fail)$|^gather\.job\.update$/.test(name))
      counts[name] = (counts[name] ?? 0) + 1;
  };
  calls.subscribe(count);
  onTestFinished(() => calls.unsubscribe(count));
  return counts;
}
