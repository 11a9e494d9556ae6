import pino from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { GatherError } from '../../../src/gather/errors.ts';
import { createLocalStore } from '../../../src/gather/files/local-store.ts';
import { lastTick } from '../../../src/gather/jobs/schedules.ts';
import { defineTask } from '../../../src/gather/jobs/task.ts';
import { Worker } from '../../../src/gather/jobs/worker.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { fixture } from '../../helpers/fixture.ts';
import { JobBoard } from '../../helpers/job-board.ts';
import { remind, remindAll } from '../library/loans/remind.ts';

const [WARN, ERROR] = [40, 50];
const SECRET = 'hunter27';

/** What the task `failing` throws. */
let reason: () => Error;
const failing = defineTask({
  name: 'failing',
  input: z.object({ word: z.string() }),
  attempts: 2,
  backoffSeconds: 1,
  timeoutMs: 10_000,
  concurrency: 1,
  run: async () => {
    throw reason();
  },
});
const tasks = [failing, remind];

let database: TestDatabase;
let board: JobBoard;
let worker: Worker;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const { databaseUrl, pools } = database;
  board = await JobBoard.open({ databaseUrl, tasks });
  worker = new Worker({
    databaseUrl,
    pools,
    store: createLocalStore('/nowhere'),
    clients: { bind: () => ({}) as never },
    settings: fixture.settings as never,
    fetchPublic: () => Promise.reject(new Error('Nothing is to be fetched.')),
    timeZone: 'UTC',
    log: pino(
      { serializers: { err: (error) => error } },
      { write: (line: string) => void lines.push(JSON.parse(line)) },
    ),
    superviseSeconds: 1,
    tasks,
    schedules: [remindAll],
  });
  await worker.start();
});
beforeEach(() => {
  lines.length = 0;
});
afterAll(async () => {
  await worker.drain();
  await worker.close();
  await board[Symbol.asyncDispose]();
  await database.drop();
});

test('a job that fails is a warning while it is tried again, and an error when it has failed for good', async () => {
  reason = () => new Error(`${SECRET} is no word`);
  const { id } = await board.enqueue(failing, { word: SECRET });
  await board.until(id, 'FAILED');
  const line = { job: id, task: 'failing', err: { type: 'Error', message: '… is no word' } };
  await expect
    .poll(() => lines)
    .toMatchObject([
      { ...line, level: WARN, attempt: 1, msg: 'failing failed, and will be retried' },
      { ...line, level: ERROR, attempt: 2, msg: 'failing failed for good' },
    ]);
});

test('of an error for users its code is logged, not its message, which may quote the input', async () => {
  reason = () => new GatherError('CONFLICT', `The word ${SECRET} is taken.`);
  const { id } = await board.enqueue(failing, { word: SECRET });
  await board.until(id, 'FAILED');
  await expect.poll(() => lines).toMatchObject([{ level: ERROR, err: { type: 'GatherError', code: 'CONFLICT' } }]);
  expect(JSON.stringify(lines)).not.toContain(SECRET);
});

test('a schedule that runs late is a warning, with the number of ticks that are left out', async () => {
  const tick = lastTick(remindAll, 'UTC', new Date());
  const fourDaysBefore = new Date(tick.getTime() - 4 * 86_400_000);
  await database.ask(
    `insert into gather.job (task, input, "deliveryId", schedule, "scheduledAt", state)
     values ('remind', '{}', gen_random_uuid(), 'remindAll', $1, 'SUCCEEDED')`,
    [fourDaysBefore],
  );
  await deliverTick();
  const missed = () => lines.filter(({ schedule }) => schedule === 'remindAll');
  await expect.poll(missed).toMatchObject([
    {
      level: WARN,
      msg: 'the schedule remindAll was missed, and runs now',
      dueAt: tick.toISOString(),
      lateMs: expect.any(Number),
      leftOut: 3,
    },
  ]);
  // Delivered again, it is of a tick that has run.
  await deliverTick();
  expect(missed()).toHaveLength(1);
});

/** Has the queue deliver a tick of the schedule, and waits until it is done. */
async function deliverTick(): Promise<void> {
  await database.ask(`insert into gather_jobs.job (name, data) values ('gather.ticks', '{"schedule": "remindAll"}')`);
  const left = `select from gather_jobs.job where name = 'gather.ticks' and state <> 'completed'`;
  await expect.poll(() => database.ask(left)).toEqual([]);
}
