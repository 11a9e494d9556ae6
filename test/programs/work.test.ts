import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobNotifications } from '../../src/gather/jobs/job-notifications.ts';
import { Jobs } from '../../src/gather/jobs/jobs.ts';
import { Queue } from '../../src/gather/jobs/queue.ts';
import { sweepJobs } from '../../src/gather/jobs/sweep-jobs.ts';
import { add } from '../../src/smokehouse/demo-jobs/add-task.ts';
import { fetchData } from '../../src/smokehouse/demo-jobs/fetch-data-task.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { hang, startHttpServer } from '../helpers/http-server.ts';
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

/** Jobs of the database, as a server enqueues and watches them. */
function openJobs(stack: AsyncDisposableStack): Jobs {
  const queue = new Queue(database.pools);
  stack.defer(() => queue.close());
  const notifications = new JobNotifications(database.databaseUrl, 'gather_job', 1000);
  stack.defer(() => notifications.close());
  return new Jobs(queue, notifications);
}

test('work does the jobs that others enqueue, until it is asked to end', async () => {
  await using stack = new AsyncDisposableStack();
  const jobs = openJobs(stack);
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

test('work --only runs the jobs of the tasks that it names, and --concurrency that many at a time', async () => {
  await using stack = new AsyncDisposableStack();
  const jobs = openJobs(stack);
  const { id: others } = await jobs.enqueue(sweepJobs, { keepDays: 1 }, database);
  const held = await startHttpServer(hang());
  stack.defer(() => held.close());
  for (let job = 0; job < 9; job++) await jobs.enqueue(fetchData, { url: `${held.url}/${job}` }, database);

  const env = { DATABASE_URL: database.databaseUrl, ...SERVICES, FETCH_ALLOWED: '127.0.0.1' };
  const worker = stack.use(runGather(['work', '--only', 'add', 'fetchData', '--concurrency', '7'], env));
  expect((await worker.said(/Gather's worker is ready: (.*)\n/))[1]).toBe('add, fetchData');
  const { id } = await jobs.enqueue(add, { x: 20, y: 3 }, database);
  const seen = [];
  for await (const { state, result } of jobs.changes(database.database, id)) seen.push({ state, result });
  expect(seen.at(-1)).toEqual({ state: 'SUCCEEDED', result: 23 });
  await expect.poll(() => held.requests.length).toBe(7);
  expect(await database.ask('select state from gather.job where id = $1', [others])).toEqual([{ state: 'PENDING' }]);
});

test.each([
  [['--only', 'add', 'ad'], 'Expected tasks of add, .* after --only, got ad\\.'],
  [['add'], 'work takes no arguments, got "add"\\.'],
  [['--concurrency', '0'], 'Expected a whole number from 1 to 1000 after --concurrency, got "0"\\.'],
  [['--fast'], 'work has no option --fast\\. It has --wait, --only, --concurrency, --help\\.'],
])('work %s is refused', async (args, message) => {
  await using worker = runGather(['work', ...args], { DATABASE_URL: database.databaseUrl, ...SERVICES });
  expect(await worker.exit()).toMatchObject({ code: 2 });
  expect(worker.stderr).toMatch(new RegExp(message));
});
