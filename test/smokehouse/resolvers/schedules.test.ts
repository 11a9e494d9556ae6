import { afterAll, beforeAll, expect, test } from 'vitest';
import { installQueues } from '../../../src/gather/jobs/install.ts';
import { lastTick, nextTick } from '../../../src/gather/jobs/schedules.ts';
import { smokehouse } from '../../../src/smokehouse/index.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { startTestWorker } from '../../helpers/worker.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ timeZone: 'America/Chicago' });
});

afterAll(() => gather.close());

test('schedules say when they run next and what they ran last, in one statement', async () => {
  const query = '{ schedules { name task cron nextRunAt lastJob { state } } }';
  const { data } = await gather.query(query);
  expect(gather.cost().statements).toHaveLength(1);
  expect(data.schedules).toEqual([
    {
      name: 'dailyStatistics',
      task: 'dailyStatistics',
      cron: '10 0 * * *',
      nextRunAt: expect.stringMatching(/T0[56]:10:00\.000Z$/),
      lastJob: null,
    },
    { name: 'sweepJobs', task: 'sweepJobs', cron: '30 * * * *', nextRunAt: expect.any(String), lastJob: null },
    { name: 'sweepFiles', task: 'sweepFiles', cron: '45 * * * *', nextRunAt: expect.any(String), lastJob: null },
    { name: 'sweepSessions', task: 'sweepSessions', cron: '15 * * * *', nextRunAt: expect.any(String), lastJob: null },
  ]);
  expect(Date.parse(data.schedules[1].nextRunAt)).toBeGreaterThan(Date.now() - 1000);
});

test('a schedule is run by hand, and its job is its last', async () => {
  await using _worker = await startTestWorker(gather, { timeZone: 'America/Chicago' });
  const run =
    'mutation ($name: String!) { runSchedule(name: $name) { job { id task } userErrors { code message field } } }';
  const { data } = await gather.query(run, { name: 'dailyStatistics' });
  expect(data.runSchedule).toEqual({ job: { id: expect.any(String), task: 'dailyStatistics' }, userErrors: [] });
  const last = '{ schedules { lastJob { id state result } } }';
  const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/);
  await expect
    .poll(async () => (await gather.query(last)).data.schedules[0].lastJob)
    .toEqual({ id: data.runSchedule.job.id, state: 'SUCCEEDED', result: { from: day, to: day } });
  const { from } = (await gather.query(last)).data.schedules[0].lastJob.result;
  const read = 'query ($day: Date!) { dailyStatistics(from: $day, to: $day) { date orders revenue averageRating } }';
  gather.cost();
  expect((await gather.query(read, { day: from })).data.dailyStatistics).toEqual([
    { date: from, orders: 0, revenue: '0.00', averageRating: null },
  ]);
  expect(gather.cost().statements).toHaveLength(1);
});

test('a day is written again when asked', async () => {
  await using _worker = await startTestWorker(gather, { timeZone: 'America/Chicago' });
  await gather.database.ask(`insert into "order" (total, "createdAt") values ('12.50', '2026-03-08T06:00:00Z')`);
  const { data } = await gather.query(
    'mutation { writeDailyStatistics(date: "2026-03-08") { job { id task input } userErrors { message } } }',
  );
  expect(data.writeDailyStatistics).toEqual({
    job: { id: expect.any(String), task: 'dailyStatistics', input: { date: '2026-03-08' } },
    userErrors: [],
  });
  const read = '{ dailyStatistics(from: "2026-03-08", to: "2026-03-08") { orders revenue } }';
  await expect
    .poll(async () => (await gather.query(read)).data.dailyStatistics)
    .toEqual([{ orders: 1, revenue: '12.50' }]);
});

test('a day that is not over is a user error at once', async () => {
  gather.cost();
  const { data } = await gather.query(
    'mutation { writeDailyStatistics(date: "2999-01-01") { job { id } userErrors { code message field } } }',
  );
  expect(data.writeDailyStatistics).toEqual({
    job: null,
    userErrors: [
      {
        code: 'INVALID_INPUT',
        message: expect.stringMatching(/^Expected a day that is over, \d{4}-\d\d-\d\d or before, got 2999-01-01\.$/),
        field: ['date'],
      },
    ],
  });
  expect(gather.cost().statements).toHaveLength(1);
});

test('a schedule that there is not is a user error that names those that there are', async () => {
  const { data } = await gather.query(
    'mutation { runSchedule(name: "lunch") { job { id } userErrors { code message field } } }',
  );
  expect(data.runSchedule.userErrors).toEqual([
    {
      code: 'NOT_FOUND',
      message: 'Expected one of these schedules: dailyStatistics, sweepJobs, sweepFiles, sweepSessions. Got "lunch".',
      field: ['name'],
    },
  ]);
});

test('a tick makes one job, however often and by however many workers it is delivered', async () => {
  await gather.database.ask('truncate job cascade');
  const deliver = `insert into gather_jobs.job (name, data) select 'gather.ticks', '{"schedule": "dailyStatistics"}'
    from generate_series(1, 10)`;
  await gather.database.ask(deliver);
  await using _one = await startTestWorker(gather, { timeZone: 'America/Chicago' });
  await using _other = await startTestWorker(gather, { timeZone: 'America/Chicago' });
  const left = `select from gather_jobs.job where name = 'gather.ticks' and state <> 'completed'`;
  await expect.poll(() => gather.database.ask(left)).toEqual([]);
  const jobs = await gather.database.ask<{ scheduledAt: Date }>('select "scheduledAt" from job');
  expect(jobs).toHaveLength(1);
  const [schedule] = smokehouse.schedules;
  expect(jobs[0]?.scheduledAt).toEqual(schedule && lastTick(schedule, 'America/Chicago', new Date()));
});

test('workers tell the queue which schedules there are, and `migrate` forgets those that there are no longer', async () => {
  await gather.database.ask(
    `insert into gather_jobs.schedule (name, key, cron, timezone) values ('gather.ticks', 'lunch', '0 12 * * *', 'UTC')`,
  );
  await installQueues(gather.database.databaseUrl, { ...smokehouse, queueSchema: 'gather_jobs' });
  await using _worker = await startTestWorker(gather, { timeZone: 'America/Chicago' });
  expect(await gather.database.ask('select key, cron, timezone from gather_jobs.schedule order by key')).toEqual([
    { key: 'dailyStatistics', cron: '10 0 * * *', timezone: 'America/Chicago' },
    { key: 'sweepFiles', cron: '45 * * * *', timezone: 'America/Chicago' },
    { key: 'sweepJobs', cron: '30 * * * *', timezone: 'America/Chicago' },
    { key: 'sweepSessions', cron: '15 * * * *', timezone: 'America/Chicago' },
  ]);
});

test.each([
  ['2026-03-08T04:00:00Z', '2026-03-07T06:10:00.000Z', '2026-03-08T06:10:00.000Z'],
  ['2026-03-08T06:10:00Z', '2026-03-07T06:10:00.000Z', '2026-03-09T05:10:00.000Z'],
  ['2026-11-01T05:10:01Z', '2026-11-01T05:10:00.000Z', '2026-11-02T06:10:00.000Z'],
])('at %s ten past midnight in Chicago was last at %s, and is next at %s', (now, last, next) => {
  const [schedule] = smokehouse.schedules;
  if (!schedule) throw new Error('Expected a schedule.');
  expect(lastTick(schedule, 'America/Chicago', new Date(now)).toISOString()).toBe(last);
  expect(nextTick(schedule, 'America/Chicago', new Date(now)).toISOString()).toBe(next);
});

test.each([
  ['2026-03-02', '2026-03-01', 0],
  ['2025-01-01', '2026-01-02', 367],
])('the days from %s to %s cannot be read', async (from, to, days) => {
  const query = 'query ($from: Date!, $to: Date!) { dailyStatistics(from: $from, to: $to) { date } }';
  const { errors } = await gather.query(query, { from, to });
  expect(errors).toMatchObject([
    { message: `Expected the number of days from \`from\` to \`to\` from 1 to 366, got ${days}.` },
  ]);
});
