import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tableNamedIn } from '../../../src/gather/database/connection-shares.ts';
import { Database, raw } from '../../../src/gather/database/database.ts';
import { engineTables } from '../../../src/gather/database/tables.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { eventually } from '../../helpers/eventually.ts';
import { lockTable } from '../../helpers/lock.ts';

const POOL_SIZE = 10;
const CURSORS = 4;

let library: TestDatabase;
let leaving: AbortController;

beforeAll(async () => {
  library = await createTestDatabase({ poolSize: POOL_SIZE, connectTimeoutMs: 2000 });
  leaving = new AbortController();
});
afterEach(() => {
  leaving.abort(new Error('The test is over.'));
  leaving = new AbortController();
});
afterAll(() => library.drop());

/** Stops what runs, and lets the next statements begin. */
async function leave(statements: readonly Promise<unknown>[]): Promise<void> {
  leaving.abort(new Error('The test goes on.'));
  leaving = new AbortController();
  await Promise.all(statements);
}

const as = (key: string) => new Database(library.pools, leaving.signal, { key });

/** Has a client run as many statements that do not end, on a table, each of another shape. */
function flood(key: string, count: number, text = 'select pg_sleep(60) from book limit 1'): void {
  for (let index = 0; index < count; index++) {
    as(key)
      .run(raw(`${text} /* ${index} */`), { name: 'flood' })
      .catch(() => {});
  }
}

/** How many statements of these tests PostgreSQL is running. */
async function running(): Promise<number> {
  const [row] = await library.ask<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and application_name = 'gather' and state = 'active' and query !~ 'pg_cancel'`,
  );
  return row?.count ?? 0;
}

const countAuthors = (key: string) => as(key).run(raw('select count(*) from author'), { name: 'authors' });

test('a table has eight connections of ten, and a client nine', async () => {
  flood('greedy', 30);
  await eventually(async () => expect(await running()).toBe(8));
  flood('greedy', 30, 'select pg_sleep(60) from author limit 1');
  await eventually(async () => expect(await running()).toBe(9));
  expect(await countAuthors('modest')).toMatchObject({ count: 1 });
});

test('a statement that is slow, or has never run, runs twice at a time for a client, and a fast one as often as it likes', async () => {
  const text = 'select pg_sleep($1) from book limit 1';
  const run = (key: string, seconds: number) =>
    as(key)
      .run(raw(text, [seconds]), { name: 'same' })
      .catch(() => {});
  const sleeping = Array.from({ length: 5 }, () => run('greedy', 60));
  await eventually(async () => expect(await running()).toBe(2));
  expect(await countAuthors('greedy')).toMatchObject({ count: 1 });
  expect(await running()).toBe(2);
  await leave(sleeping);

  await run('greedy', 0);
  sleeping.push(...Array.from({ length: 5 }, () => run('greedy', 60)));
  await eventually(async () => expect(await running()).toBe(5));
  await leave(sleeping);

  await run('greedy', 0.3);
  sleeping.push(...Array.from({ length: 10 }, () => run('greedy', 60)), run('another', 60));
  await eventually(async () => expect(await running()).toBe(3));
  expect(await countAuthors('greedy')).toMatchObject({ count: 1 });
  expect(await running()).toBe(3);
  await leave(sleeping);

  for (let count = 0; count < 5; count++) await run('greedy', 0);
  sleeping.push(...Array.from({ length: 5 }, () => run('greedy', 60)));
  await eventually(async () => expect(await running()).toBe(5));
  await leave(sleeping);
});

test('clients that wait are served in turn', async () => {
  for (const key of ['a', 'b', 'c', 'd']) flood(key, 20, 'select pg_sleep(0.05) from book limit 1');
  const order: string[] = [];
  const ask = (key: string) => as(key).run(raw('select id from book limit 1'), { name: 'one' });
  await Promise.all([
    ...Array.from({ length: 40 }, () => ask('a').then(() => order.push('a'))),
    ask('late').then(() => order.push('late')),
  ]);
  expect(order.indexOf('late')).toBeLessThan(10);
});

test('the statements of the request that arrived first run first', async () => {
  const text = 'select pg_sleep(0.01) from book limit 1';
  await as('a').run(raw(text), { name: 'known' });
  // Of the eight connections that a table has, one is left.
  flood('greedy', 7);
  await eventually(async () => expect(await running()).toBe(7));
  const now = performance.now();
  const order: number[] = [];
  const statements = [0, 1, 2, 3, 4].map(async (msBefore) => {
    const database = new Database(library.pools, leaving.signal, { key: 'a', since: now - msBefore });
    await database.run(raw(text), { name: 'nap' });
    order.push(msBefore);
  });
  await Promise.all(statements);
  expect(order).toEqual([0, 4, 3, 2, 1]);
});

describe('one locked table', () => {
  test('leaves connections to other tables, however many clients wait for it', async () => {
    await using _lock = await lockTable(library.databaseUrl, 'book');
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) flood(key, 10, 'select count(*) from book');
    await eventually(async () => expect(await running()).toBe(8));
    expect(await countAuthors('another')).toMatchObject({ count: 1 });
    expect(await countAuthors('a')).toMatchObject({ count: 1 });
    expect(await engineTables(as('a')).job.count({})).toBe(0);
    leaving.abort(new Error('The test is over.'));
  });

  test('leaves connections to statements, however many transactions wait for it', async () => {
    await using _lock = await lockTable(library.databaseUrl, 'book');
    for (let index = 0; index < 30; index++) {
      as(`client ${index}`)
        .transaction((inside) => inside.run(raw('select count(*) from book'), { name: 'books' }))
        .catch(() => {});
    }
    await eventually(async () => expect(await running()).toBe(8));
    expect(await countAuthors('another')).toMatchObject({ count: 1 });
    leaving.abort(new Error('The test is over.'));
  });
});

test('who waits for too long is told BUSY, and a statement that ran until its timeout is not', async () => {
  await using _lock = await lockTable(library.databaseUrl, 'book');
  flood('greedy', POOL_SIZE, 'select count(*) from book');
  await eventually(async () => expect(await running()).toBe(8));
  const waiting = as('greedy').run(raw('select count(*) from book'), { name: 'books' });
  await expect(waiting).rejects.toMatchObject({
    code: 'BUSY',
    source: 'postgres',
    retryable: true,
    message: expect.stringMatching(/^Expected a free connection to the database within 2 s, got none: /),
  });
  leaving.abort(new Error('The test is over.'));
});

test('what the server does by itself takes nobody’s share', async () => {
  const own = new Database(library.pools, leaving.signal);
  flood('greedy', 30);
  await eventually(async () => expect(await running()).toBe(8));
  flood('greedy', 30, 'select pg_sleep(60) from author limit 1');
  await eventually(async () => expect(await running()).toBe(9));
  expect(await own.run(raw('select from author limit 1'), { name: 'own' })).toMatchObject({ count: 1 });
});

test('the statements of accounts wait behind none of pages', async () => {
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
    flood(key, 10);
    flood(key, 10, 'select pg_sleep(60) from author limit 1');
  }
  await eventually(async () => expect(await running()).toBe(POOL_SIZE));
  const accounts = new Database({ ...library.pools, pool: library.pools.accounts }, leaving.signal, { key: 'a' });
  expect(await accounts.run(raw('select from session'), { name: 'session' })).toMatchObject({ count: 0 });
});

test('a client is told how long PostgreSQL worked, also on what it leaves, and not how long it waited', async () => {
  let ms = 0;
  const client = {
    key: 'a',
    onStatement: (more: number) => {
      ms += more;
    },
  };
  const left = new AbortController();
  const ofClient = new Database(library.pools, left.signal, client);
  await ofClient.run(raw('select pg_sleep(0.1) from book limit 1'), { name: 'nap' });
  expect(ms).toBeGreaterThan(90);
  flood('a', POOL_SIZE);
  const waited = ofClient.run(raw('select from book limit 1'), { name: 'wait' }).catch(() => {});
  const before = ms;
  await new Promise((resolve) => setTimeout(resolve, 100));
  left.abort(new Error('left'));
  await waited;
  expect(ms).toBe(before);
});

describe('cursors', () => {
  const read = (key: string) =>
    as(key).stream<{ n: number }>(raw('select n from generate_series(1, 1000) n'), { name: 'rows' }, 10);

  test('a client has half of them', async () => {
    const first = Array.from({ length: CURSORS }, () => read('greedy'));
    const begun = first.map((rows) => rows.next());
    await Promise.all(begun.slice(0, CURSORS / 2));
    const rows = read('modest');
    expect((await rows.next()).value).toHaveLength(10);
    await rows.return(undefined);
    leaving.abort(new Error('The test is over.'));
    await Promise.allSettled(begun);
  });

  test('who does not take the next rows while others wait is cut off', async () => {
    const unread = ['a', 'b', 'c', 'd'].map(read);
    await Promise.all(unread.map((rows) => rows.next()));
    const rows = read('e');
    expect((await rows.next()).value).toHaveLength(10);
    await rows.return(undefined);
    const outcomes = await Promise.allSettled(unread.map((rows) => rows.next()));
    const failures = outcomes.filter(({ status }) => status === 'rejected');
    expect(failures).not.toHaveLength(0);
    for (const failure of failures) {
      expect(failure).toMatchObject({ reason: { code: 'TOO_SLOW', source: 'postgres', retryable: true } });
    }
    await Promise.all(unread.map((rows) => rows.return(undefined)));
    expect(await running()).toBe(0);
  });

  test('who takes the next rows is left alone while others wait', async () => {
    const busy = ['a', 'b', 'c', 'd'].map(read);
    const waiting = read('e').next();
    const counts = await Promise.all(
      busy.map(async (rows) => {
        let count = 0;
        for await (const batch of rows) count += batch.length;
        return count;
      }),
    );
    expect(counts).toEqual(Array(4).fill(1000));
    expect((await waiting).value).toHaveLength(10);
  });
});

test.each([
  ['select * from book', 'book'],
  ['select a, b from "bookLoan" where x', 'bookLoan'],
  ['select from (values (1)) as p cross join lateral (select * from "author")', 'author'],
  ['insert into "book" (title) values ($1)', 'book'],
  ['with changed as (update "user" set x = 1 returning id) delete from session', 'user'],
  ['select count(*) from "public"."book" where true', 'public.book'],
  ['update "gather"."job" set x = 1', 'gather.job'],
  ['INSERT INTO gather_jobs.job (id) VALUES (1)', 'gather_jobs.job'],
  ['select 1', ''],
])('the table of %s is %s', (text, table) => {
  expect(tableNamedIn(text)).toBe(table);
});
