import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Database, raw } from '../../../src/gather/database/database.ts';
import { migrate } from '../../../src/gather/database/migrate.ts';
import { createPools, endPools } from '../../../src/gather/database/pool.ts';
import { installQueues } from '../../../src/gather/jobs/install.ts';
import { findTestPostgres } from '../../../src/gather/testing/postgres.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { createTestDatabase, TEST_SCHEMAS, TEST_TABLES } from '../../helpers/database.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type Pooler, startPooler } from '../../helpers/pooler.ts';
import { startTestWorker } from '../../helpers/worker.ts';
import { fixture } from '../fixture.ts';

/** As somebody may have set them for a database, long ago. */
const ODD_SETTINGS = {
  TimeZone: 'Asia/Tokyo',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  default_transaction_isolation: 'serializable',
};

describe.each(['refuse', 'ignore'] as const)('behind a pooler that does %s start-up parameters', (others) => {
  let pooler: Pooler;
  let gather: TestApp;

  beforeAll(async () => {
    pooler = await startPooler(await findTestPostgres(), others);
    gather = await startTestApp({ reach: pooler.urlOf, statementTimeoutMs: 1500 });
    const name = new URL(gather.database.databaseUrl).pathname.slice(1);
    for (const [setting, value] of Object.entries(ODD_SETTINGS)) {
      await gather.database.ask(`alter database ${name} set ${setting} = '${value}'`);
    }
  });
  beforeEach(() => void gather.cost());
  afterAll(async () => {
    await gather.close();
    await pooler[Symbol.asyncDispose]();
  });

  test('times are right, and figures whole, at the usual cost', async () => {
    const before = Date.now();
    const { data, errors } = await gather.query(
      `mutation ($input: CreateBookInput!) { createBook(input: $input) { book { createdAt } } }`,
      { input: { isbn: 'NEW', title: 'New', price: '1', authorId: btoa('Author:1') } },
    );
    expect(errors).toBeUndefined();
    const createdAt = Date.parse(data.createBook.book.createdAt);
    expect(createdAt).toBeGreaterThan(before - 60_000);
    expect(createdAt).toBeLessThan(Date.now() + 60_000);
    expect(gather.cost().statements).toHaveLength(1);

    const [job] = await gather.database.ask<{ id: string }>(`
      insert into gather.job (task, input, state, progress, "deliveryId")
      values ('add', '{}', 'SUCCEEDED', 0.4667, gen_random_uuid()) returning id`);
    const { data: read } = await gather.query(
      'query ($job: ID!) { job(id: $job) { progress } book(by: { isbn: "ISBN-00001" }) { createdAt } }',
      { job: btoa(`Job:${job?.id}`) },
    );
    const [book] = await gather.database.ask<{ createdAt: string }>(`
      select to_char("createdAt" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') as "createdAt" from book where id = 1`);
    expect(read.job.progress).toBe(0.4667);
    expect(read.book.createdAt.slice(0, 19)).toBe(book?.createdAt);
    expect(pooler.refused).toEqual([]);
  });

  test('a statement that nobody waits for is stopped, and no other', async () => {
    const pools = createPools({
      ...TEST_TABLES,
      ...{ databaseUrl: pooler.urlOf(gather.database.databaseUrl), poolSize: 2 },
      ...{ connectTimeoutMs: 5000, statementTimeoutMs: 10_000 },
    });
    try {
      const leaving = new AbortController();
      const mark = randomUUID();
      const running = new Database(pools, leaving.signal).run(raw(`select pg_sleep(8), '${mark}'`), { name: 'nap' });
      const bystander = new Database(pools, new AbortController().signal).run(raw('select pg_sleep(1)'), {
        name: 'nap',
      });
      const active = () =>
        gather.database.ask(`select from pg_stat_activity where query like '%${mark}%' and pid <> pg_backend_pid()
          and state = 'active'`);
      await eventually(async () => expect(await active()).toHaveLength(1));
      leaving.abort(new Error('left'));
      await expect(running).rejects.toThrow('left');
      await eventually(async () => expect(await active()).toHaveLength(0));
      expect(await bystander).toMatchObject({ count: 1 });
    } finally {
      await endPools(pools);
    }
  });

  test('the limits of statements and transactions hold', async () => {
    const pools = createPools({
      ...TEST_TABLES,
      ...{ databaseUrl: pooler.urlOf(gather.database.databaseUrl), poolSize: 1 },
      ...{ connectTimeoutMs: 5000, statementTimeoutMs: 1500 },
    });
    try {
      const database = new Database(pools, new AbortController().signal);
      const names = ['statement_timeout', 'idle_in_transaction_session_timeout', ...Object.keys(ODD_SETTINGS)];
      const { rows } = await database.run(
        raw(`select name, current_setting(name) as value from unnest($1::text[]) name`, [names]),
        { name: 'settings' },
      );
      expect(rows).toEqual([
        { name: 'statement_timeout', value: '1500ms' },
        { name: 'idle_in_transaction_session_timeout', value: '3s' },
        { name: 'TimeZone', value: 'UTC' },
        { name: 'DateStyle', value: 'ISO, MDY' },
        { name: 'IntervalStyle', value: 'postgres' },
        { name: 'bytea_output', value: 'hex' },
        { name: 'extra_float_digits', value: '1' },
        { name: 'default_transaction_isolation', value: 'read committed' },
      ]);
      await expect(database.run(raw('select pg_sleep(10)'), { name: 'nap' })).rejects.toMatchObject({
        code: 'DATABASE_TIMEOUT',
      });
    } finally {
      await endPools(pools);
    }
  });

  test('jobs are enqueued, run, and told of', async () => {
    await using _worker = await startTestWorker(gather, { databaseUrl: pooler.urlOf(gather.database.databaseUrl) });
    const { data } = await gather.query('mutation { add(x: 1, y: 2) { job { id } } }');
    expect(data.add.job.id).toBeTruthy();
    await eventually(async () => {
      const { data: read } = await gather.query('query ($id: ID!) { job(id: $id) { state createdAt finishedAt } }', {
        id: data.add.job.id,
      });
      expect(read.job.state).toBe('SUCCEEDED');
      expect(Math.abs(Date.parse(read.job.finishedAt) - Date.now())).toBeLessThan(60_000);
    });
    expect(pooler.refused).toEqual([]);
  });

  test('an empty database is migrated and filled', async () => {
    const empty = await createTestDatabase({}, { isEmpty: true });
    try {
      const databaseUrl = pooler.urlOf(empty.databaseUrl);
      await migrate(databaseUrl, { ...TEST_SCHEMAS, ...fixture.app });
      await installQueues(databaseUrl, { ...TEST_SCHEMAS, ...fixture.app });
      await fixture.seed(databaseUrl);
      expect(await empty.ask('select from book')).toHaveLength(200);
      expect(pooler.refused).toEqual([]);
    } finally {
      await empty.drop();
    }
  });
});
