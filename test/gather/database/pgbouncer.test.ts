import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Database, raw } from '../../../src/gather/database/database.ts';
import { LocalSettings } from '../../../src/gather/database/local-settings.ts';
import { createPools, endPools } from '../../../src/gather/database/pool.ts';
import { findTestPostgres } from '../../../src/gather/testing/postgres.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { TEST_TABLES } from '../../helpers/database.ts';
import { eventually } from '../../helpers/eventually.ts';
import { hasPgBouncer, type PgBouncer, startPgBouncer } from '../../helpers/pgbouncer.ts';
import { startTestWorker } from '../../helpers/worker.ts';

/** Far fewer than Gather has to the pooler, so that connections change hands when it pools by transaction. */
const CONNECTIONS = { session: 40, transaction: 3 };
const STATEMENT_TIMEOUT_MS = 6000;
const LIMITS = { statement_timeout: `${STATEMENT_TIMEOUT_MS}ms`, idle_in_transaction_session_timeout: '12s' };
/** Nearly as long as a statement may take: one that ends sooner was stopped. */
const NAP_SECONDS = 5.5;
const SOONER_MS = 4000;

if (!hasPgBouncer) console.warn('Skipped: there is no pgbouncer in PATH. On Debian: apt-get install pgbouncer.');

describe.skipIf(!hasPgBouncer).each(['session', 'transaction'] as const)('behind PgBouncer by %s', (pooling) => {
  let bouncer: PgBouncer;
  let gather: TestApp;

  beforeAll(async () => {
    bouncer = await startPgBouncer(await findTestPostgres(), pooling, CONNECTIONS[pooling]);
    gather = await startTestApp({ reach: bouncer.urlOf, pooling, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
    const settings = { ...LIMITS, TimeZone: 'Asia/Tokyo', DateStyle: 'SQL, DMY' };
    for (const [setting, value] of Object.entries(settings)) {
      await gather.database.ask(`alter database ${nameOf(gather)} set ${setting} = '${value}'`);
    }
  });
  afterAll(async () => {
    // Its connections to the database stay open until it ends.
    await gather.app.stop();
    await bouncer[Symbol.asyncDispose]();
    await gather.close();
  });

  test('many operations at a time are answered, each right, in the same formats', async () => {
    const query = `query ($isbn: String!, $count: Int!) {
      book(by: { isbn: $isbn }) { isbn createdAt price isLent author { name } }
      front { newest(first: $count) { isbn } }
    }`;
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          gather.query(query, { isbn: toIsbn(index + 1), count: 1 + (index % 3) }),
        ),
      );
      answers.forEach(({ data, errors }, index) => {
        expect(errors).toBeUndefined();
        expect(data.book.isbn).toBe(toIsbn(index + 1));
        expect(Date.parse(data.book.createdAt)).toBe(Date.parse('2026-01-01T00:00:00Z') + (index + 1) * 3_600_000);
        expect(data.front.newest).toHaveLength(1 + (index % 3));
      });
    }
  });

  test('mutations commit, or roll back as a whole', async () => {
    const create = (isbn: string, authorId: string) =>
      gather.query(
        `mutation ($input: CreateBookInput!) { createBook(input: $input) { book { isbn } userErrors { code } } }`,
        { input: { isbn, title: 'New', price: '1', authorId: btoa(`Author:${authorId}`) } },
      );
    expect((await create('BOUNCED', '1')).data.createBook.book).toEqual({ isbn: 'BOUNCED' });
    expect((await create('BOUNCED', '1')).data.createBook.userErrors).toHaveLength(1);
    await using pools = open();
    const { database } = pools;
    const failing = database.transaction(async (inside) => {
      await inside.run(raw(`delete from book where isbn = 'BOUNCED'`), { name: 'delete' });
      throw new Error('No.');
    });
    await expect(failing).rejects.toThrow('No.');
    expect(await gather.database.ask(`select from book where isbn = 'BOUNCED'`)).toHaveLength(1);
  });

  test('settings for policies are those of the viewer, in each statement, transaction and cursor, and of nobody else', async () => {
    await using pools = open();
    const { signal } = new AbortController();
    const seen = raw<{ seen: string }>(`select coalesce(current_setting('app.viewer', true), '') as seen`);
    const label = { name: 'seen' };
    const look = async (viewer: number) => {
      const settings = new LocalSettings({ 'app.viewer': `${viewer}`, 'app.other': '' });
      const client = { key: `${viewer}`, settings: () => settings };
      const database = new Database(pools.pools, signal, viewer % 4 === 0 ? { key: 'server' } : client);
      const found: (string | undefined)[] = [];
      const note = async (it: Database) => found.push((await it.run(seen, label)).rows[0]?.seen);
      await note(database);
      await expect(database.run(raw('select 1 / 0'), label)).rejects.toThrow('division by zero');
      await database.transaction(async (inside) => {
        await note(inside);
        await note(inside.asServer);
        await note(inside);
      });
      for await (const rows of database.stream(seen, label, 10)) found.push(rows[0]?.seen);
      return found;
    };
    const all = await Promise.all(Array.from({ length: 60 }, (_, viewer) => look(viewer)));
    all.forEach((found, viewer) => {
      const own = viewer % 4 === 0 ? '' : `${viewer}`;
      expect(found).toEqual([own, own, '', own, own]);
    });
  });

  test('a cursor reads all rows while others use the connections', async () => {
    await using pools = open();
    const { database } = pools;
    const isbns: string[] = [];
    for await (const rows of database.stream(raw<{ isbn: string }>('select isbn from book'), { name: 'all' }, 50)) {
      isbns.push(...rows.map(({ isbn }) => isbn));
      await gather.query('{ front { newest(first: 1) { isbn } } }');
    }
    expect(new Set(isbns).size).toBeGreaterThanOrEqual(200);
  });

  test('a statement that nobody waits for is stopped, and no other', async () => {
    await using pools = open();
    const leaving = new AbortController();
    const mark = randomUUID();
    const nap = { name: 'nap' };
    const running = new Database(pools.pools, leaving.signal).run(
      raw(`select pg_sleep(${NAP_SECONDS}), '${mark}'`),
      nap,
    );
    running.catch(() => {});
    const bystander = pools.database.run(raw('select pg_sleep(1)'), nap);
    const active = () =>
      gather.database.ask(`select from pg_stat_activity where query like '%${mark}%' and pid <> pg_backend_pid()
        and state = 'active'`);
    await eventually(async () => expect(await active()).toHaveLength(1));
    const start = performance.now();
    leaving.abort(new Error('left'));
    await expect(running).rejects.toThrow('left');
    await eventually(async () => expect(await active()).toHaveLength(0));
    expect(performance.now() - start).toBeLessThan(SOONER_MS);
    expect(await bystander).toMatchObject({ count: 1 });
  });

  test('the limit of statements holds', async () => {
    await using pools = open();
    await expect(pools.database.run(raw('select pg_sleep(30)'), { name: 'nap' })).rejects.toMatchObject({
      code: 'DATABASE_TIMEOUT',
    });
  });

  test('jobs are enqueued, run, and told of', async () => {
    const { databaseUrl } = gather.database;
    await using _worker = await startTestWorker(gather, {
      databaseUrl: bouncer.urlOf(databaseUrl),
      databaseDirectUrl: databaseUrl,
      pooling,
    });
    const { data } = await gather.query('mutation { add(x: 1, y: 2) { job { id } } }');
    const response = await gather.request(
      'subscription ($id: ID!) { job(id: $id) { state result } }',
      { id: data.add.job.id },
      { headers: { accept: 'text/event-stream' } },
    );
    const events = await response.text();
    expect(events).toContain('"state":"SUCCEEDED","result":3');
  });

  test.runIf(pooling === 'transaction')('a database without a limit of statements is refused', async () => {
    const name = nameOf(gather);
    await gather.database.ask(`alter database ${name} reset statement_timeout`);
    try {
      await using other = await startPgBouncer(await findTestPostgres(), pooling, 1);
      await using pools = open(other.urlOf(gather.database.databaseUrl));
      const failure = await pools.database.run(raw('select 1'), { name: 'one' }).catch((error) => error);
      expect(String(failure.cause ?? failure)).toContain(
        'Expected a limit as the setting statement_timeout of the database, got "0".',
      );
    } finally {
      await gather.database.ask(`alter database ${name} set statement_timeout = '${LIMITS.statement_timeout}'`);
    }
  });

  function open(databaseUrl = bouncer.urlOf(gather.database.databaseUrl)) {
    const pools = createPools({
      ...TEST_TABLES,
      ...{ databaseUrl, pooling, poolSize: 4, connectTimeoutMs: 5000, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
    });
    const database = new Database(pools, new AbortController().signal);
    return { pools, database, [Symbol.asyncDispose]: () => endPools(pools) };
  }
});

function toIsbn(index: number): string {
  return `ISBN-${`${index}`.padStart(5, '0')}`;
}

function nameOf({ database }: TestApp): string {
  return new URL(database.databaseUrl).pathname.slice(1);
}
