import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Call, calls } from '../../../src/gather/calls.ts';
import { Database, raw } from '../../../src/gather/database/database.ts';
import { createPools, endPools } from '../../../src/gather/database/pool.ts';
import { Spares } from '../../../src/gather/database/spares.ts';
import { startEmbeddedPostgres } from '../../../src/gather/embedded-postgres/embedded-postgres.ts';
import { GatherError } from '../../../src/gather/errors.ts';
import { copyInitialised } from '../../../src/gather/testing/postgres.ts';
import { createTestDatabase, TEST_TABLES, type TestDatabase } from '../../helpers/database.ts';
import { eventually } from '../../helpers/eventually.ts';

const POOL_SIZE = 5;
const STATEMENT_TIMEOUT_MS = 800;
/** Longer than any test. */
const nap = raw<object>('select pg_sleep(300)');
const one = raw<{ one: number }>('select 1 as one');
const reason = new GatherError('CANCELLED', 'The client left.');

let library: TestDatabase;
let controller: AbortController;
let database: Database;

beforeAll(async () => {
  library = await createTestDatabase({ statementTimeoutMs: 300_000 });
});
afterAll(() => library.drop());
beforeEach(() => {
  controller = new AbortController();
  database = new Database(library.pools, controller.signal);
});

/** Pools with one connection for statements, which end with the test. */
function createSmallPools() {
  const { databaseUrl } = library;
  const timeouts = { connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };
  const pools = createPools({ ...TEST_TABLES, ...timeouts, databaseUrl, poolSize: 1 });
  onTestFinished(() => endPools(pools));
  return pools;
}

describe('a connection that a statement leaves', () => {
  test('serves those that wait, without the pool, and goes back to it in the next turn', async () => {
    const pools = createSmallPools();
    let acquired = 0;
    pools.pool.on('acquire', () => void acquired++);
    const alone = new Database(pools, controller.signal);
    const many = Array.from({ length: 20 }, () => alone.run(one, { name: 'one' }));
    for (const { rows } of await Promise.all(many)) expect(rows).toEqual([{ one: 1 }]);
    await alone.transaction(async (inside) => inside.run(one, { name: 'one' }));
    expect(acquired).toBe(1);
    await new Promise(setImmediate);
    expect(pools.pool.idleCount).toBe(1);
    await alone.run(one, { name: 'one' });
    expect(acquired).toBe(2);
  });

  test('is closed if it was lost meanwhile, and not left to the next one', async () => {
    const pools = createSmallPools();
    const client = await pools.pool.connect();
    const lost = new Promise((resolve) => client.once('end', resolve));
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await library.database.run(raw('select pg_terminate_backend($1::integer)', [rows[0]?.pid]), { name: 'terminate' });
    await lost;
    Spares.of(pools.pool).add(client);
    expect(await new Database(pools, controller.signal).run(one, { name: 'one' })).toEqual({
      rows: [{ one: 1 }],
      count: 1,
    });
  });
});

describe('when the signal aborts', () => {
  test('the statement stops here at once and on the server soon', async () => {
    const running = outcomeOf(database.run(nap, { name: 'nap' }));
    await untilActive(1);
    controller.abort(reason);
    expect(await running).toBe(reason);
    await untilActive(0);
  });

  test('a statement that has only just been sent stops as well', async () => {
    for (let round = 0; round < 20; round += 1) {
      const leaving = new AbortController();
      const running = outcomeOf(new Database(library.pools, leaving.signal).run(nap, { name: 'nap' }));
      await new Promise(setImmediate);
      leaving.abort(reason);
      expect(await running).toBe(reason);
    }
    await untilActive(0);
  });

  test('nothing is left of fifty requests at once, waiting for a connection or running', async () => {
    const running = Array.from({ length: 50 }, () => outcomeOf(database.run(nap, { name: 'nap' })));
    await untilActive(10);
    controller.abort(reason);
    expect(await Promise.all(running)).toEqual(Array(50).fill(reason));
    await untilActive(0);
    await eventually(() => expect(library.pools.pool.waitingCount).toBe(0));
    expect(await library.database.run(one, { name: 'one' })).toEqual({ rows: [{ one: 1 }], count: 1 });
  });

  test('a transaction is rolled back', async () => {
    const running = outcomeOf(
      database.transaction(async (inside) => {
        await inside.run(raw(`update book set title = 'lost' where id = 1`), { name: 'rename' });
        await inside.run(nap, { name: 'nap' });
      }),
    );
    await untilActive(1);
    controller.abort(reason);
    expect(await running).toBe(reason);
    await untilActive(0);
    expect(await library.ask(`select from book where title = 'lost'`)).toEqual([]);
    expect(
      await library.ask(`select from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%'`),
    ).toEqual([]);
  });

  test('a transaction with several statements under way is rolled back, and its connection works', async () => {
    const running = outcomeOf(
      database.transaction(async (inside) => {
        await Promise.all([inside.run(nap, { name: 'nap' }), inside.run(nap, { name: 'nap' })]);
      }),
    );
    await untilActive(1);
    controller.abort(reason);
    expect(await running).toBe(reason);
    await untilActive(0);
    await everyConnectionWorks();
  });

  test('a cursor stops between its rows and within them', async () => {
    const rows = database.stream(raw('select pg_sleep(0.05) from generate_series(1, 1000)'), { name: 'drip' }, 2);
    await rows.next();
    const next = outcomeOf(rows.next());
    controller.abort(reason);
    expect(await next).toBe(reason);
    await untilActive(0);
    await everyConnectionWorks();
  });

  test('what waits for a connection does not wait for it any longer', async () => {
    const { pool, cursors } = library.pools;
    const take = (from: typeof pool) => Array.from({ length: from.options.max }, () => from.connect());
    const clients = await Promise.all([...take(pool), ...take(cursors)]);
    const waiting = [
      outcomeOf(database.run(one, { name: 'one' })),
      outcomeOf(database.transaction(async () => {})),
      outcomeOf(database.stream(one, { name: 'one' }, 1).next()),
    ];
    await sleep(10);
    controller.abort(reason);
    const outcome = await Promise.all(waiting);
    for (const client of clients) client.release();
    expect(outcome).toEqual([reason, reason, reason]);
    await everyConnectionWorks();
  });

  test('no statement begins', async () => {
    controller.abort(reason);
    library.statements();
    expect(await outcomeOf(database.run(one, { name: 'one' }))).toBe(reason);
    expect(await outcomeOf(database.transaction(async () => {}))).toBe(reason);
    expect(await outcomeOf(database.stream(one, { name: 'one' }, 1).next())).toBe(reason);
    expect(library.statements()).toEqual([]);
  });

  async function everyConnectionWorks() {
    const all = Array.from({ length: 20 }, () => library.database.run(one, { name: 'one' }));
    for (const { rows } of await Promise.all(all)) expect(rows).toEqual([{ one: 1 }]);
  }
});

describe('a cursor', () => {
  const numbers = (last: number) => raw<{ n: number }>('select n from generate_series(1, $1::integer) n', [last]);

  test.each([0, 1, 2, 3, 4, 5])('gives %i rows in batches of two', async (last) => {
    const batches = await collect(database.stream(numbers(last), { name: 'numbers' }, 2));
    expect(batches.flat().map(({ n }) => n)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    expect(batches.every(({ length }) => length > 0 && length <= 2)).toBe(true);
  });

  test('frees its connection when it is left early', async () => {
    for (let round = 0; round < 20; round += 1) {
      for await (const _ of database.stream(numbers(1000), { name: 'numbers' }, 2)) break;
    }
    await untilActive(0);
    expect(library.pools.pool.idleCount).toBe(library.pools.pool.totalCount);
  });

  test('sees what its transaction has done', async () => {
    const failure = new Error('undo');
    const running = database.transaction(async (inside) => {
      await inside.run(raw(`insert into author (name) values ('unseen')`), { name: 'insert' });
      const batches = await collect(
        inside.stream(raw(`select name from author where name = 'unseen'`), { name: 'names' }, 10),
      );
      expect(batches).toEqual([[{ name: 'unseen' }]]);
      throw failure;
    });
    await expect(running).rejects.toBe(failure);
    expect(await library.ask(`select from author where name = 'unseen'`)).toEqual([]);
  });

  test('fails as its statement fails', async () => {
    const broken = database.stream(raw('select 1 / (3 - n) from generate_series(1, 9) n'), { name: 'broken' }, 1);
    await expect(collect(broken)).rejects.toMatchObject({ code: '22012' });
    expect(await database.run(one, { name: 'one' })).toMatchObject({ count: 1 });
  });
});

describe('a transaction', () => {
  test('is committed when its work returns', async () => {
    const count = await database.transaction(async (inside) => {
      await inside.run(raw(`insert into author (name) values ('kept')`), { name: 'insert' });
      return inside.transaction(async (same) => (await same.run(raw('select from author'), { name: 'all' })).count);
    });
    expect(count).toBe(21);
    expect(await library.ask(`select from author where name = 'kept'`)).toHaveLength(1);
  });

  test('is rolled back when its work throws, and its connection works', async () => {
    const work = database.transaction(async (inside) => {
      await inside.run(raw(`insert into author (name) values ('undone')`), { name: 'insert' });
      await inside.run(raw('select 1 / 0'), { name: 'fail' });
    });
    await expect(work).rejects.toMatchObject({ code: '22012' });
    expect(await library.ask(`select from author where name = 'undone'`)).toEqual([]);
    expect(library.pools.pool.idleCount).toBe(library.pools.pool.totalCount);
  });
});

test.each([
  [`update book set isbn = 'ISBN-00002' where id = 1`, { code: 'CONFLICT', field: 'isbn', value: 'ISBN-00002' }],
  [`update book set "authorId" = 0 where id = 1`, { code: 'NOT_FOUND', field: 'authorId', value: '0' }],
  ['update book set price = -1 where id = 1', { code: 'INVALID_INPUT' }],
])('what a constraint refuses is said in the terms of the library: %s', async (statement, expected) => {
  await expect(database.run(raw(statement), { name: 'update' })).rejects.toMatchObject(expected);
});

test('each call is published once, with how it ended', async () => {
  const published: Call[] = [];
  const listener = (message: unknown) => void published.push(message as Call);
  calls.subscribe(listener);
  try {
    await database.run(one, { name: 'book.byId', keys: 7 });
    await outcomeOf(database.run(raw('select 1 / 0'), { name: 'fails' }));
    await collect(database.stream(one, { name: 'cursor' }, 10));
    const running = outcomeOf(database.run(nap, { name: 'left' }));
    await untilActive(1);
    controller.abort(reason);
    await running;
  } finally {
    calls.unsubscribe(listener);
  }
  const { signal } = controller;
  const ofThis = published.filter((call) => call.signal === signal);
  expect(ofThis).toMatchObject([
    { kind: 'postgres', name: 'book.byId', keys: 7, outcome: 'ok' },
    { kind: 'postgres', name: 'fails', keys: 1, outcome: 'error' },
    { kind: 'postgres', name: 'cursor', keys: 1, outcome: 'ok' },
    { kind: 'postgres', name: 'left', keys: 1, outcome: 'cancelled' },
  ]);
  for (const { start, duration } of ofThis) {
    expect(duration).toBeGreaterThan(0);
    expect(start + duration).toBeLessThanOrEqual(performance.now());
  }
});

describe('where time is short', () => {
  let hasty: TestDatabase;
  beforeAll(async () => {
    hasty = await createTestDatabase({
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      poolSize: POOL_SIZE,
      connectTimeoutMs: 1000,
    });
  });
  afterAll(() => hasty.drop());

  test('a slow statement is DATABASE_TIMEOUT', async () => {
    expect(await outcomeOf(hasty.database.run(nap, { name: 'nap' }))).toMatchObject({ code: 'DATABASE_TIMEOUT' });
    expect(await hasty.database.run(one, { name: 'one' })).toMatchObject({ count: 1 });
  });

  test('a full pool is BUSY', async () => {
    const slow = Array.from({ length: 2 * POOL_SIZE }, () => outcomeOf(hasty.database.run(nap, { name: 'nap' })));
    const outcome = await outcomeOf(hasty.database.run(one, { name: 'one' }));
    await Promise.all(slow);
    expect(outcome).toMatchObject({ code: 'BUSY', source: 'postgres', retryable: true });
    expect(await hasty.database.run(one, { name: 'one' })).toMatchObject({ count: 1 });
  });

  test('a cursor may be read for longer than one statement may take', async () => {
    const rows: unknown[] = [];
    for await (const batch of hasty.database.stream(raw('select from generate_series(1, 50)'), { name: 'slow' }, 10)) {
      rows.push(...batch);
      await sleep(STATEMENT_TIMEOUT_MS / 2);
    }
    expect(rows).toHaveLength(50);
  });

  test('a cursor whose next rows take too long is DATABASE_TIMEOUT', async () => {
    const rows = hasty.database.stream(raw('select pg_sleep(n - 1) from generate_series(1, 9) n'), { name: 'slow' }, 1);
    await rows.next();
    expect(await outcomeOf(rows.next())).toMatchObject({ code: 'DATABASE_TIMEOUT' });
    expect(await hasty.database.run(one, { name: 'one' })).toMatchObject({ count: 1 });
  });

  describe.skipIf(process.platform === 'win32')('and the server does not answer', () => {
    const frozen = new Set<number>();
    const freeze = async (inside: Database) => {
      const { rows } = await inside.run(raw<{ pid: number }>('select pg_backend_pid() as pid'), { name: 'pid' });
      for (const { pid } of rows) {
        process.kill(pid, 'SIGSTOP');
        frozen.add(pid);
      }
    };
    const thaw = () => {
      for (const pid of frozen) process.kill(pid, 'SIGCONT');
      frozen.clear();
    };
    afterEach(thaw);

    test('a statement is DATABASE_TIMEOUT, and its connection is replaced', async () => {
      const running = hasty.database.transaction(async (inside) => {
        await freeze(inside);
        await inside.run(one, { name: 'one' });
      });
      expect(await outcomeOf(running)).toMatchObject({ code: 'DATABASE_TIMEOUT' });
      expect(await hasty.database.run(one, { name: 'one' })).toMatchObject({ count: 1 });
    });

    test('a statement that arrives after the request to stop it stops as well', async () => {
      const leaving = new AbortController();
      const running = outcomeOf(
        new Database(library.pools, leaving.signal).transaction(async (inside) => {
          await freeze(inside);
          await inside.run(nap, { name: 'nap' });
        }),
      );
      await eventually(() => expect(frozen.size).toBe(1));
      await sleep(50);
      leaving.abort(reason);
      await sleep(50);
      thaw();
      expect(await running).toBe(reason);
      await untilActive(0);
    });

    test('a cursor is DATABASE_TIMEOUT, and its connection is replaced', async () => {
      const running = hasty.database.transaction(async (inside) => {
        const rows = inside.stream(raw('select from generate_series(1, 9)'), { name: 'rows' }, 1);
        await rows.next();
        await freeze(inside);
        await rows.next();
      });
      expect(await outcomeOf(running)).toMatchObject({ code: 'DATABASE_TIMEOUT' });
      expect(await hasty.database.run(one, { name: 'one' })).toMatchObject({ count: 1 });
    });
  });
});

test('a restart of the server under load fails statements, and the same pools work after it', async () => {
  await using stack = new AsyncDisposableStack();
  const dataDir = await copyInitialised();
  stack.defer(() => rm(dataDir, { recursive: true }));
  const first = await startEmbeddedPostgres({ dataDir });
  stack.defer(() => first.stop());
  const { databaseUrl } = first;
  const config = { ...TEST_TABLES, databaseUrl, poolSize: 10, connectTimeoutMs: 2000, statementTimeoutMs: 5000 };
  const pools = createPools(config);
  stack.defer(() => endPools(pools));
  const restarted = new Database(pools, new AbortController().signal);

  const outcomes: unknown[] = [];
  let isLoading = true;
  const load = Array.from({ length: 20 }, async () => {
    while (isLoading) {
      outcomes.push(await outcomeOf(restarted.run(raw('select pg_sleep(0.01)'), { name: 'load' })));
      await sleep(5);
    }
  });
  await eventually(() => expect(outcomes.length).toBeGreaterThan(50));
  await first.stop();
  await eventually(() => expect(outcomes.at(-1)).toBeInstanceOf(GatherError));
  const second = await startEmbeddedPostgres({ dataDir, settings: { port: new URL(databaseUrl).port } });
  stack.defer(() => second.stop());
  await eventually(() => expect(outcomes.at(-1)).toMatchObject({ count: 1 }));
  isLoading = false;
  await Promise.all(load);

  const failures = outcomes.filter((outcome) => outcome instanceof Error);
  expect(failures.length).toBeGreaterThan(0);
  for (const failure of failures) expect(failure).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true });
  const after = await Promise.all(Array.from({ length: 30 }, () => restarted.run(one, { name: 'one' })));
  expect(after.every(({ count }) => count === 1)).toBe(true);
});

async function collect<T>(batches: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

/** What a promise gave, or what it was rejected with. */
function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => value,
    (error: unknown) => error,
  );
}

async function untilActive(count: number): Promise<void> {
  const active = `select query from pg_stat_activity
    where datname = current_database() and application_name = 'gather' and state = 'active'`;
  await eventually(async () => expect(await library.ask(active)).toHaveLength(count));
}

test('times are in UTC, whatever options the URL brings along', async () => {
  const databaseUrl = `${library.databaseUrl}?options=${encodeURIComponent('-c TimeZone=Asia/Tokyo -c work_mem=5MB')}`;
  const pools = createPools({
    ...TEST_TABLES,
    databaseUrl,
    poolSize: 1,
    connectTimeoutMs: 5000,
    statementTimeoutMs: 5000,
  });
  try {
    const { rows } = await new Database(pools, controller.signal).run(
      raw(`select '2026-11-21 09:00+00'::timestamptz as time, current_setting('work_mem') as memory`),
      { name: 'time' },
    );
    expect(rows).toEqual([{ time: '2026-11-21 09:00:00+00', memory: '5MB' }]);
  } finally {
    await endPools(pools);
  }
});
