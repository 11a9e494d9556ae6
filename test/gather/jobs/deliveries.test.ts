import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../src/gather/jobs/task.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { JobBoard } from '../../helpers/job-board.ts';
import { startWorker, toWorkerConfig } from '../../helpers/worker.ts';

/** The queue is told every five seconds that a job still runs. */
const HEARTBEAT = { timeout: 12_000, interval: 100 };

let finish = () => {};
const waiting = defineTask({
  name: 'wait',
  input: z.object({}),
  attempts: 1,
  backoffSeconds: 1,
  timeoutMs: 60_000,
  concurrency: 5,
  run: (_, { signal }) =>
    new Promise<string>((resolve, reject) => {
      finish = () => resolve('done');
      signal.addEventListener('abort', () => reject(signal.reason));
    }),
});

let database: TestDatabase;
let board: JobBoard;
let worker: Awaited<ReturnType<typeof startWorker>>;

beforeAll(async () => {
  database = await createTestDatabase();
  board = await JobBoard.open({ databaseUrl: database.databaseUrl, tasks: [waiting] });
  worker = await startWorker(toWorkerConfig(database.databaseUrl), { tasks: [waiting], schedules: [] });
});
afterAll(async () => {
  await worker.stop(AbortSignal.abort());
  await board[Symbol.asyncDispose]();
  await database.drop();
});

test('the heartbeats of other jobs go on while a delivery is locked', async () => {
  const [locked, other] = [await begin(), await begin()];
  await lockDelivery(locked);
  const first = await heartbeatOf(other);
  await expect.poll(() => heartbeatOf(other), HEARTBEAT).toBeGreaterThan(first);
});

test('an outcome that the queue could not be told is told again', async () => {
  const id = await begin();
  const unlock = await lockDelivery(id);
  finish();
  await board.until(id, 'SUCCEEDED');
  const cutOff = `select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'gather worker' and wait_event_type = 'Lock'`;
  await expect.poll(async () => (await database.ask(cutOff)).length).toBe(1);
  await unlock();
  const toldOf = `select from gather_jobs.job where data->>'jobId' = $1 and state = 'completed'`;
  await expect.poll(() => database.ask(toldOf, [id]), { timeout: 5000 }).toHaveLength(1);
});

/** @returns the ID of a job that runs */
async function begin(): Promise<string> {
  const { id } = await board.enqueue(waiting, {});
  await board.until(id, 'RUNNING');
  return id;
}

async function heartbeatOf(id: string): Promise<number> {
  const [row] = await database.ask<{ at: number }>(
    `select extract(epoch from heartbeat_on)::float8 as at from gather_jobs.job where data->>'jobId' = $1`,
    [id],
  );
  return row?.at ?? 0;
}

/** Locks the delivery of a job until the test is over. @returns unlocks it */
async function lockDelivery(id: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: database.databaseUrl, application_name: 'test' });
  await client.connect();
  const unlock = () => client.end();
  onTestFinished(unlock);
  await client.query('begin');
  await client.query(`select from gather_jobs.job where data->>'jobId' = $1 for update`, [id]);
  return unlock;
}
