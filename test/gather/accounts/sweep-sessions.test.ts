import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { startTestWorker } from '../../helpers/worker.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
afterAll(() => gather.close());

test('sessions that have expired and attempts that do not count any more are deleted, and no others', async () => {
  await gather.database.ask('truncate session, "signInAttempts"');
  await gather.database.ask(`insert into session ("userId", "tokenHash", "expiresAt")
    select (select min(id) from "user"), 'old ' || i, now() - interval '1 second' from generate_series(1, 2500) as i`);
  await gather.database.ask(`insert into session ("userId", "tokenHash", "expiresAt")
    select min(id), 'new', now() + interval '1 minute' from "user"`);
  await gather.database.ask(`insert into "signInAttempts"
    select 'old ' || i, 1, now() - interval '1 second' from generate_series(1, 1500) as i`);
  await gather.database.ask(`insert into "signInAttempts" values ('new', 9, now() + interval '1 minute')`);

  await using _worker = await startTestWorker(gather);
  await gather.query('mutation { runSchedule(name: "sweepSessions") { job { id } } }');
  const read = async () => {
    const { data } = await gather.query('{ schedules { name lastJob { state result } } }');
    return data.schedules.find(({ name }: { name: string }) => name === 'sweepSessions').lastJob;
  };
  await expect.poll(read).toEqual({ state: 'SUCCEEDED', result: { sessions: 2500, attempts: 1500 } });
  expect(await gather.database.ask('select "tokenHash" from session')).toEqual([{ tokenHash: 'new' }]);
  expect(await gather.database.ask('select key, count from "signInAttempts"')).toEqual([{ key: 'new', count: 9 }]);
});
