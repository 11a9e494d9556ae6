import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobNotifications } from '../../src/gather/jobs/job-notifications.ts';
import { Jobs } from '../../src/gather/jobs/jobs.ts';
import { Queue } from '../../src/gather/jobs/queue.ts';
import { add } from '../../src/smokehouse/demo-jobs/add-task.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { runGather } from '../helpers/program.ts';

const SERVICES = Object.fromEntries(
  ['PROMO', 'RECOMMENDATIONS', 'PRICING', 'INVENTORY', 'SUPPLIERS'].map((name) => [
    `${name}_URL`,
    'http://127.0.0.1:1',
  ]),
);

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('work does the jobs that others enqueue, until it is asked to end', async () => {
  await using stack = new AsyncDisposableStack();
  const queue = new Queue(database.pools);
  stack.defer(() => queue.close());
  const notifications = new JobNotifications(database.databaseUrl, 'gather_job', 1000);
  stack.defer(() => notifications.close());
  const jobs = new Jobs(queue, notifications);
  const { id } = await jobs.enqueue(add, { x: 2, y: 3 }, database);

  const worker = stack.use(runGather(['work'], { DATABASE_URL: database.databaseUrl, ...SERVICES }));
  await worker.said(/Gather's worker is ready: add, /);
  const seen = [];
  for await (const { state, result } of jobs.changes(database.database, id)) seen.push({ state, result });
  expect(seen.at(-1)).toEqual({ state: 'SUCCEEDED', result: 5 });

  worker.kill('SIGTERM');
  expect(await worker.exit()).toMatchObject({ code: 0 });
  expect(worker.stdout).toContain('Stopping: jobs under way have 10 seconds.');
  expect(worker.stderr).toBe('');
});

test('work says which settings it misses', async () => {
  await using worker = runGather(['work'], { DATABASE_URL: database.databaseUrl });
  expect(await worker.exit()).toMatchObject({ code: 2 });
  for (const name of Object.keys(SERVICES)) expect(worker.stderr).toContain(name);
});
