import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test as vitest } from 'vitest';
import * as z from 'zod';
import type { JobRow } from '../../src/gather/database/engine-tables.generated.ts';
import type { JobState } from '../../src/gather/database/schema.ts';
import { defineTask } from '../../src/gather/jobs/task.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { JobBoard } from '../helpers/job-board.ts';
import { RestartablePostgres } from '../helpers/restartable-postgres.ts';
import { deafNap, nap, napTasks, onlyNap } from '../helpers/tasks.ts';
import { startWorker, toWorkerConfig } from '../helpers/worker.ts';

const LONG_MS = 60_000;
/** Several tests share the processors. */
const PATIENT = { timeout: 120_000 };

const quick = defineTask({
  name: 'quick',
  input: z.object({}),
  attempts: 3,
  backoffSeconds: 1,
  timeoutMs: 10_000,
  concurrency: 1,
  run: async () => null,
});

const test = vitest
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs
  .extend('databaseUrl', async ({}, { onCleanup }) => {
    const database = await createTestDatabase();
    onCleanup(() => database.drop());
    return database.databaseUrl;
  })
  .extend('board', async ({ databaseUrl }, { onCleanup }) => {
    const board = await JobBoard.open({ databaseUrl, tasks: napTasks, heartbeatSeconds: 3 });
    onCleanup(() => board[Symbol.asyncDispose]());
    return board;
  });

describe.concurrent('a worker that is killed', PATIENT, () => {
  test('has its job run again by another one', async ({ board, expect }) => {
    const killed = await board.startProgram();
    const { id } = await board.enqueue(nap, { key: 'killed', napsMs: [LONG_MS] });
    await board.untilAttempts('killed', 1);
    await board.startProgram();
    killed.kill('SIGKILL');
    expect(await board.until(id, 'SUCCEEDED')).toMatchObject({ attempt: 2, result: 2, error: null });
    expect(await board.attempts('killed')).toEqual([1, 2]);
  });

  test('during the last attempt leaves a job that failed', async ({ board, expect }) => {
    const killed = await board.startProgram();
    const { id } = await board.enqueue(onlyNap, { key: 'last', napsMs: [LONG_MS] });
    await board.untilAttempts('last', 1);
    await board.startProgram();
    killed.kill('SIGKILL');
    const message = 'The worker died during the last attempt. Run the job again.';
    const failed = await board.until(id, 'FAILED');
    expect(failed).toMatchObject({ attempt: 1, result: null, error: { code: 'WORKER_LOST', message } });
    expect(failed.finishedAt).toEqual(expect.any(String));

    await board.jobs.retry(board.database, id);
    expect(await board.until(id, 'SUCCEEDED')).toMatchObject({ attempt: 2, result: 2, error: null });
  });
});

test.concurrent(
  'a worker that was frozen changes nothing of the jobs that another one runs',
  PATIENT,
  async ({ board, expect }) => {
    const frozen = await board.startProgram();
    const short = await board.enqueue(deafNap, { key: 'short', napsMs: [1500] });
    const long = await board.enqueue(deafNap, { key: 'long', napsMs: [1500, 4000] });
    await board.untilAttempts('short', 1);
    await board.untilAttempts('long', 1);
    frozen.kill('SIGSTOP');
    const other = await board.startProgram();
    const settled = await board.until(short.id, 'SUCCEEDED');
    expect(settled).toMatchObject({ attempt: 2, result: 2 });
    await board.untilAttempts('long', 2);
    const running = await board.get(long.id);
    expect(running).toMatchObject({ state: 'RUNNING', attempt: 2 });
    frozen.kill('SIGCONT');
    await frozen.said(/(deafNap (finished too late|was cancelled)[\s\S]*){2}/);
    expect(await board.get(short.id)).toEqual(settled);
    expect(await board.get(long.id)).toEqual(running);
    expect(await board.until(long.id, 'SUCCEEDED')).toMatchObject({ attempt: 2, result: 2 });
    expect(await board.attempts('long')).toEqual([1, 2]);

    const next = await board.enqueue(nap, { key: 'next', napsMs: [] });
    await board.until(next.id, 'SUCCEEDED');
    for (const worker of [frozen, other]) {
      worker.kill('SIGTERM');
      expect(await worker.exit()).toMatchObject({ code: 0 });
    }
  },
);

describe.concurrent('a worker that is asked to end', PATIENT, () => {
  test('begins nothing, finishes what is short, and gives back what is long', async ({ board, expect }) => {
    const ending = await board.startProgram();
    const short = await board.enqueue(nap, { key: 'short', napsMs: [2000] });
    const long = await board.enqueue(onlyNap, { key: 'long', napsMs: [LONG_MS] });
    await board.untilAttempts('short', 1);
    await board.untilAttempts('long', 1);
    const begin = performance.now();
    ending.kill('SIGTERM');
    await sleep(100);
    const late = await board.enqueue(nap, { key: 'late', napsMs: [] });
    expect(await ending.exit()).toMatchObject({ code: 0 });
    expect(performance.now() - begin).toBeGreaterThan(9500);

    expect(await board.get(short.id)).toMatchObject({ state: 'SUCCEEDED', attempt: 1, result: 1 });
    const back = await board.get(long.id);
    expect(back).toMatchObject({ state: 'PENDING', attempt: 1, startedAt: null, error: null });
    expect(back.deliveryId).not.toBe(long.deliveryId);
    expect(await board.get(late.id)).toMatchObject({ state: 'PENDING', attempt: 0 });

    await board.startProgram();
    expect(await board.until(long.id, 'SUCCEEDED')).toMatchObject({ attempt: 2, result: 2 });
    expect(await board.until(late.id, 'SUCCEEDED')).toMatchObject({ attempt: 1, result: 1 });
  });

  test('twice gives back at once', async ({ board, expect }) => {
    const ending = await board.startProgram();
    const { id } = await board.enqueue(deafNap, { key: 'hurried', napsMs: [LONG_MS] });
    await board.untilAttempts('hurried', 1);
    ending.kill('SIGTERM');
    // What follows sooner is taken for the same signal.
    await sleep(400);
    const begin = performance.now();
    ending.kill('SIGTERM');
    await board.until(id, 'PENDING');
    // Once it would have ten seconds.
    expect(performance.now() - begin).toBeLessThan(8000);
  });
});

describe.concurrent('a restart of PostgreSQL', PATIENT, () => {
  test.for([
    ['fast', 'SIGINT'],
    ['immediate', 'SIGQUIT'],
  ] as const)('%s: every job settles, and the next begins at once', async ([, signal], { expect }) => {
    await using stack = new AsyncDisposableStack();
    const postgres = await RestartablePostgres.start();
    stack.defer(() => postgres.stop());
    const { databaseUrl } = postgres;
    const tasks = [...napTasks, quick];
    const board = stack.use(await JobBoard.open({ databaseUrl, tasks, heartbeatSeconds: 3 }));
    stack.use(await startWorker(toWorkerConfig(databaseUrl), { tasks, schedules: [] }));
    const jobs = await Promise.all(
      Array.from({ length: 8 }, (_, index) => board.enqueue(nap, { key: `restart ${index}`, napsMs: [1000] })),
    );
    await board.untilAttempts('restart 0', 1);
    const changes = board.jobs.changes(board.database, jobs[7]?.id ?? '');
    await changes.next();
    const seen = statesOf(changes);

    await postgres.restart(signal);
    for (const { id } of jobs) {
      const { attempt, result } = await board.until(id, 'SUCCEEDED');
      expect(result).toBe(attempt);
    }
    expect((await seen).at(-1)).toBe('SUCCEEDED');
    const open = `select from gather_jobs.job where name = 'nap' and state < 'completed'`;
    await expect.poll(() => board.ask(open)).toEqual([]);

    const listeners = `select from pg_stat_activity where datname = current_database() and query ilike 'listen %'`;
    await expect.poll(() => board.ask(listeners).then((rows) => rows.length)).toBe(3);
    const begin = performance.now();
    for (let round = 0; round < 10; round++) {
      const { id } = await board.enqueue(quick, {});
      await board.until(id, 'SUCCEEDED');
    }
    // Without a notification each would wait for the queue's look every two seconds.
    expect(performance.now() - begin).toBeLessThan(6000);
  });
});

async function statesOf(changes: AsyncIterable<JobRow>): Promise<JobState[]> {
  const states: JobState[] = [];
  for await (const { state } of changes) states.push(state);
  return states;
}
