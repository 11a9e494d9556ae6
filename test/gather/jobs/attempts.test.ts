import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { raw } from '../../../src/gather/database/database.ts';
import type { JobRow } from '../../../src/gather/database/engine-tables.generated.ts';
import type { JobState } from '../../../src/gather/database/schema.ts';
import { GatherError } from '../../../src/gather/errors.ts';
import { Attempt, type Delivered } from '../../../src/gather/jobs/attempt.ts';
import { AttemptBatches } from '../../../src/gather/jobs/attempt-batches.ts';
import { type JobEnvironment, runJob } from '../../../src/gather/jobs/run-job.ts';
import { defineTask, type TaskContext } from '../../../src/gather/jobs/task.ts';
import { createLog } from '../../../src/gather/monitoring/log.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { JobBoard } from '../../helpers/job-board.ts';
import { startWorker, toWorkerConfig } from '../../helpers/worker.ts';

const MASKED = 'Something went wrong on our side.';
/** Longer than any test. */
const LONG_MS = 60_000;

const input = z.object({});
const options = { input, attempts: 2, backoffSeconds: 1, timeoutMs: LONG_MS, concurrency: 4 };

const log = createLog({ logFormat: 'none' });

/** What the task `act` does at present. */
let act: (context: TaskContext) => Promise<unknown>;
const acting = { ...options, run: async (_: object, context: TaskContext) => (await act(context)) as string };
const actOnce = defineTask({ ...acting, name: 'actOnce', attempts: 1 });
const actTwice = defineTask({ ...acting, name: 'actTwice' });
const actThrice = defineTask({ ...acting, name: 'actThrice', attempts: 3, concurrency: 20 });
const actBriefly = defineTask({ ...acting, name: 'actBriefly', timeoutMs: 200 });
const actAlone = defineTask({ ...acting, name: 'actAlone', uniqueKey: () => 'alone' });
const unserved = defineTask({ ...acting, name: 'unserved' });
const counted = defineTask({
  ...options,
  name: 'counted',
  input: z.object({ key: z.int() }),
  run: async ({ key }) => {
    runs.push(key);
    await sleep(5);
    return key;
  },
});
const runs: number[] = [];
const tasks = [actOnce, actTwice, actThrice, actBriefly, actAlone, counted];

let database: TestDatabase;
let board: JobBoard;
const workers = new AsyncDisposableStack();

beforeAll(async () => {
  database = await createTestDatabase();
  const { databaseUrl } = database;
  board = await JobBoard.open({ databaseUrl, tasks: [...tasks, unserved] });
  for (let count = 0; count < 2; count++) {
    workers.use(await startWorker(toWorkerConfig(databaseUrl), { tasks, schedules: [] }));
  }
});
afterAll(async () => {
  await workers.disposeAsync();
  await board[Symbol.asyncDispose]();
  await database.drop();
});

test('two workers that race run each job once', async () => {
  const keys = Array.from({ length: 100 }, (_, key) => key);
  const jobs = await Promise.all(keys.map((key) => board.enqueue(counted, { key })));
  for (const { id, input } of jobs) {
    expect(await board.until(id, 'SUCCEEDED')).toMatchObject({ attempt: 1, result: (input as { key: number }).key });
  }
  expect(runs.toSorted((one, other) => one - other)).toEqual(keys);
});

test('a job that fails is tried again, then has failed', async () => {
  act = async ({ attempt }) => {
    throw new GatherError('UPSTREAM_TIMEOUT', `No answer to attempt ${attempt}.`, { retryable: true });
  };
  const { id } = await board.enqueue(actTwice, {});
  const error = { code: 'TASK_FAILED', message: 'No answer to attempt 1.' };
  expect(await board.until(id, 'RETRYING')).toMatchObject({ attempt: 1, error, finishedAt: null });
  expect(await board.until(id, 'FAILED')).toMatchObject({
    attempt: 2,
    error: { ...error, message: 'No answer to attempt 2.' },
    finishedAt: expect.any(String),
  });
  expect(await historyOf(id)).toEqual(['PENDING 0', 'RUNNING 1', 'RETRYING 1', 'RUNNING 2', 'FAILED 2']);
});

test('what need not be sent again is not tried again', async () => {
  act = async () => {
    throw new GatherError('NOT_FOUND', 'There is no such thing.');
  };
  const { id } = await board.enqueue(actTwice, {});
  const error = { code: 'TASK_FAILED', message: 'There is no such thing.' };
  expect(await board.until(id, 'FAILED')).toMatchObject({ attempt: 1, error });
});

test.each([
  ['an error of the program', new TypeError('secret')],
  ['a string', 'secret'],
  ['undefined', undefined],
])('a task that throws %s fails, and says no more', async (_, thrown) => {
  act = async () => {
    throw thrown;
  };
  const { id } = await board.enqueue(actOnce, {});
  expect(await board.until(id, 'FAILED')).toMatchObject({ error: { code: 'TASK_FAILED', message: MASKED } });
});

test.each([
  ['a BigInt', () => 1n],
  ['a cycle', toCycle],
  ['a NUL character', () => 'a\0b'],
  ['half a character', () => '\ud800'],
])('a result with %s fails the job at once, and the next one runs', async (_, toResult) => {
  act = async () => toResult();
  const { id } = await board.enqueue(actOnce, {});
  const { error, result } = await board.until(id, 'FAILED');
  expect(result).toBeNull();
  expect(error).toEqual({ code: 'TASK_FAILED', message: expect.stringMatching(/^\w.*\.$/) });
  act = async () => 'fine';
  const next = await board.enqueue(actOnce, {});
  expect(await board.until(next.id, 'SUCCEEDED')).toMatchObject({ result: 'fine' });
});

test('a job past its timeout is aborted, tried again, then has failed', async () => {
  const aborted: unknown[] = [];
  act = async ({ signal }) => {
    signal.addEventListener('abort', () => aborted.push(signal.reason));
    await sleep(LONG_MS, undefined, { ref: false });
  };
  const { id } = await board.enqueue(actBriefly, {});
  const error = { code: 'TIMED_OUT', message: 'The attempt took longer than 0.2 seconds.' };
  expect(await board.until(id, 'RETRYING')).toMatchObject({ attempt: 1, error });
  expect(await board.until(id, 'FAILED')).toMatchObject({ attempt: 2, error });
  expect(aborted.map(String)).toEqual(Array(2).fill(`TimeoutError: ${error.message}`));
});

test('the pause before another attempt grows, and is not the same for all', async () => {
  act = async () => {
    throw new Error('again');
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: 20 }, () => board.enqueue(actThrice, {})));
  for (const [retryCount, leastSeconds] of [
    [0, 1],
    [1, 2],
  ] as const) {
    const pauses = await pausesAfter(retryCount);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(leastSeconds);
    // The time of the attempt itself is in it, which is not longer than all have taken.
    const attemptSeconds = (performance.now() - start) / 1000;
    expect(Math.max(...pauses)).toBeLessThan(leastSeconds * 2 + attemptSeconds);
    expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThan(leastSeconds / 4);
  }
});

test('a job that is cancelled is stopped, and what a deaf task gives later changes nothing', async () => {
  const begun = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<string>();
  act = async ({ signal }) => {
    signal.addEventListener('abort', () => aborted.resolve());
    begun.resolve();
    return finish.promise;
  };
  const { id } = await board.enqueue(actTwice, {});
  await begun.promise;
  const cancelled = await board.jobs.cancel(board.database, id);
  expect(cancelled).toMatchObject({ state: 'CANCELLED', finishedAt: expect.any(String) });
  await aborted.promise;
  finish.resolve('too late');
  await sleep(500);
  expect(await board.get(id)).toEqual(cancelled);
});

test.each([
  ['the connection is lost', loseListeners],
  ['nothing is said', async () => {}],
])('a job that is cancelled is stopped although %s', async (_, lose) => {
  const begun = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  act = async ({ signal }) => {
    begun.resolve();
    await once(signal, 'abort');
    aborted.resolve();
  };
  const { id } = await board.enqueue(actTwice, {});
  await begun.promise;
  await lose();
  await board.database.transaction(async (transaction) => {
    // Without its triggers the table says nothing.
    await transaction.run(raw('set local session_replication_role = replica'), { name: 'test' });
    await board.jobs.cancel(transaction, id);
  });
  await aborted.promise;
});

test('a pending job that is cancelled never runs', async () => {
  const { id } = await board.enqueue(unserved, {});
  expect(await board.jobs.cancel(board.database, id)).toMatchObject({ state: 'CANCELLED', attempt: 0 });
  expect(await deliveriesOf(id)).toEqual([{ state: 'cancelled' }]);
});

test('of jobs with the same key one at a time is on its way', async () => {
  const finish = Promise.withResolvers<string>();
  act = () => finish.promise;
  const both = await Promise.all([board.enqueue(actAlone, {}), board.enqueue(actAlone, {})]);
  const [first, second] = both.map(({ id }) => id);
  expect(first).toBe(second);
  await board.until(first ?? '', 'RUNNING');
  expect((await board.enqueue(actAlone, {})).id).toBe(first);
  finish.resolve('done');
  await board.until(first ?? '', 'SUCCEEDED');
  expect((await board.enqueue(actAlone, {})).id).not.toBe(first);
});

test('a transaction that is rolled back leaves no job', async () => {
  let id = '';
  const work = board.database.transaction(async (transaction) => {
    ({ id } = await board.jobs.enqueue(unserved, {}, { database: transaction }));
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  await expect(board.get(id)).rejects.toThrow(GatherError);
  expect(await deliveriesOf(id)).toEqual([]);
});

test('an attempt changes nothing once another has begun', async () => {
  const job = await board.enqueue(unserved, {});
  const first = toAttempt(job, 0);
  const second = toAttempt(job, 1);
  expect(await first.begin()).toEqual({});
  expect(await second.begin()).toEqual({});
  const present = await board.get(job.id);
  expect(present).toMatchObject({ state: 'RUNNING', attempt: 2 });
  expect(await first.begin()).toBeUndefined();
  expect(await first.isPresent()).toBe(false);
  expect(await first.write({ progress: 0.9 })).toBe(false);
  expect(await first.fail(new Error('late'))).toBe('completed');
  expect(await first.succeed('late')).toBe('completed');
  expect(await first.requeue()).toBe('completed');
  expect(await board.get(job.id)).toEqual(present);
  expect(await deliveriesOf(job.id)).toHaveLength(1);

  await second.succeed('in time');
  const settled = await board.get(job.id);
  expect(settled).toMatchObject({ state: 'SUCCEEDED', result: 'in time' });
  expect(await toAttempt(job, 2).begin()).toBeUndefined();
  expect(await second.fail(new Error('late'))).toBe('completed');
  expect(await board.get(job.id)).toEqual(settled);
});

test('an attempt that begins and fails twice, as its answer was lost, is tried again all the same', async () => {
  const job = await board.enqueue(unserved, {});
  const attempt = toAttempt(job, 0);
  expect(await attempt.begin()).toEqual({});
  expect(await attempt.begin()).toEqual({});
  expect(await attempt.fail(new Error('again'))).toBe('failed');
  expect(await attempt.fail(new Error('again'))).toBe('failed');
  expect(await board.get(job.id)).toMatchObject({ state: 'RETRYING', attempt: 1 });
});

test('what an attempt comes to is written although the connection is lost', async () => {
  const job = await board.enqueue(unserved, {});
  const attempt = toAttempt(job, 0);
  await attempt.begin();
  const bystander = new pg.Client({ connectionString: database.databaseUrl });
  await bystander.connect();
  try {
    await bystander.query('begin');
    await bystander.query('select from job where id = $1 for update', [job.id]);
    const succeeding = attempt.succeed('fine');
    const blocked = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and application_name like 'gather%'`;
    await expect.poll(() => board.ask(blocked)).toHaveLength(1);
    await sleep(100);
    await bystander.query('rollback');
    expect(await succeeding).toBe('completed');
  } finally {
    await bystander.end();
  }
  expect(await board.get(job.id)).toMatchObject({ state: 'SUCCEEDED', result: 'fine' });
});

test('an attempt whose job is requeued is not counted', async () => {
  const job = await board.enqueue(unserved, {});
  const attempt = toAttempt(job, 1);
  await attempt.begin();
  expect(await attempt.requeue()).toBe('completed');
  const back = await board.get(job.id);
  expect(back).toMatchObject({ state: 'PENDING', attempt: 2, startedAt: null });
  const deliveries = await board.ask(
    `select retry_limit as "retryLimit", data->>'attemptsBefore' as "attemptsBefore" from gather_jobs.job where id = $1`,
    [back.deliveryId],
  );
  expect(deliveries).toEqual([{ retryLimit: 0, attemptsBefore: '2' }]);
  expect(await toAttempt(job, 1).begin()).toBeUndefined();
  expect(await toAttempt({ ...back, attempt: 2 }, 0).begin()).toEqual({});
});

test('a job that is delivered to a stopping worker is requeued, and does not run there', async () => {
  let hasRun = false;
  // Of its own: a job of another test may still be tried again, and act.
  const perform = async () => {
    hasRun = true;
    return null;
  };
  const job = await board.enqueue(unserved, {});
  const environment: JobEnvironment = {
    database: board.database,
    batches: new AttemptBatches(board.database),
    queue: board.queue,
    notifications: board.notifications,
    log,
    stopping: AbortSignal.abort(),
    toContext: () => ({}) as TaskContext,
  };
  // Given back into a queue that nobody serves, it stays as it is.
  expect(await runJob({ ...unserved, perform }, toDelivered(job, 0), environment)).toBe('completed');
  expect(hasRun).toBe(false);
  expect(await board.get(job.id)).toMatchObject({ state: 'PENDING', attempt: 1 });
});

type Enqueued = Pick<JobRow, 'id' | 'deliveryId' | 'attempt'>;

function toAttempt(job: Enqueued, retryCount: number): Attempt {
  const { database, queue } = board;
  const stopping = new AbortController().signal;
  const batches = new AttemptBatches(database);
  return new Attempt(toDelivered(job, retryCount), { database, batches, queue, log, stopping }, 'unserved');
}

function toDelivered({ id, deliveryId, attempt }: Enqueued, retryCount: number): Delivered {
  const data = { jobId: id, attemptsBefore: attempt };
  return { id: deliveryId, data, retryCount, retryLimit: 1 };
}

async function historyOf(id: string): Promise<string[]> {
  const rows = await board.ask<{ state: JobState; attempt: number }>(
    'select state, attempt from "jobChange" where "jobId" = $1 order by version',
    [id],
  );
  return rows.map(({ state, attempt }) => `${state} ${attempt}`);
}

function deliveriesOf(id: string) {
  return board.ask<{ state: string }>(`select state from gather_jobs.job where data->>'jobId' = $1`, [id]);
}

async function loseListeners(): Promise<void> {
  const kill = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query ilike 'listen gather_job'`;
  // It connects when a worker runs its first job.
  await expect.poll(async () => (await board.ask(kill)).length).toBeGreaterThan(0);
}

/** Seconds from the begin of an attempt to the next one's, as the queue has planned it, for each of 20 jobs. */
async function pausesAfter(retryCount: number): Promise<number[]> {
  const planned = `select extract(epoch from start_after - started_on)::float8 as seconds from gather_jobs.job
    where name = 'actThrice' and state = 'retry' and retry_count = $1`;
  const read = async () => (await board.ask<{ seconds: number }>(planned, [retryCount])).map(({ seconds }) => seconds);
  await expect.poll(async () => (await read()).length, { timeout: 10_000, interval: 20 }).toBe(20);
  return read();
}

function toCycle() {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  return cycle;
}
