import { afterAll, beforeAll, expect, test } from 'vitest';
import { installQueues } from '../../../src/gather/jobs/install.ts';
import { createTestDatabase, TEST_SCHEMAS, type TestDatabase } from '../../helpers/database.ts';
import { library } from '../library/index.ts';

const source = { ...TEST_SCHEMAS, ...library };

let empty: TestDatabase;

beforeAll(async () => {
  empty = await createTestDatabase({}, { isEmpty: true });
});

afterAll(() => empty.drop());

test('servers that start at once make the queue once', async () => {
  await Promise.all(Array.from({ length: 4 }, () => installQueues(empty.databaseUrl, source)));
  expect(await empty.ask(`select name from gather_jobs.queue where name not like '\\_%' order by name`)).toEqual(
    [
      ...['add', 'describeImage', 'gather.dead-letters', 'gather.ticks'],
      ...['remind', 'removeBytes', 'sweepFiles', 'sweepJobs', 'sweepSessions'],
    ].map((name) => ({ name })),
  );
});

test('a queue that is there takes the options that its task has now', async () => {
  const options = `select retry_limit, retry_backoff, heartbeat_seconds, dead_letter, notify from gather_jobs.queue where name = 'add'`;
  const before = await empty.ask(options);
  expect(before).toEqual([
    { retry_limit: 2, retry_backoff: true, heartbeat_seconds: 10, dead_letter: 'gather.dead-letters', notify: true },
  ]);
  await empty.ask(`update gather_jobs.queue set retry_limit = 7, heartbeat_seconds = 60 where name = 'add'`);
  await installQueues(empty.databaseUrl, source);
  expect(await empty.ask(options)).toEqual(before);
});
