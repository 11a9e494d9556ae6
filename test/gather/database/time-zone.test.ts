import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTimeZoneFault } from '../../../src/gather/database/time-zone.ts';
import { createWorker } from '../../../src/gather/worker.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { toWorkerConfig } from '../../helpers/worker.ts';
import { library } from '../library/index.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test.each([
  'UTC',
  'utc',
  'America/Chicago',
  'Europe/Berlin',
  'europe/berlin',
  'Asia/Kolkata',
  'America/Argentina/Salta',
])('PostgreSQL and Node know %s alike, each day of two years, for one statement', async (timeZone) => {
  database.statements();
  expect(await findTimeZoneFault(database.database, timeZone)).toBeUndefined();
  expect(database.statements()).toHaveLength(1);
});

test.each(['CET', 'IST', 'EET'])(
  '%s means one thing to PostgreSQL and another to Node, and no worker starts with it',
  async (timeZone) => {
    const worker = createWorker(library, { ...toWorkerConfig(database.databaseUrl), timeZone });
    try {
      await expect(worker.start()).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringMatching(
          `^TIME_ZONE: expected a time zone with the same rules in PostgreSQL and Node, got "${timeZone}": at .* for Node, and .* for PostgreSQL\\.$`,
        ),
      });
    } finally {
      await worker.stop();
    }
  },
);

test('a name that PostgreSQL does not know is one', async () => {
  expect(await findTimeZoneFault(database.database, 'America/Coyhaique-')).toBe('PostgreSQL does not know it');
});
