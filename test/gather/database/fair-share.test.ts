import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ANONYMOUS,
  PATIENT,
  SIGNED_IN,
  STAFF_HEADERS,
  startTestApp,
  TEST_LIMITS,
  type TestApp,
} from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { lockTable } from '../../helpers/lock.ts';
import { scrape } from '../../helpers/scrape.ts';
import { send } from '../../helpers/signed-in.ts';

interface CostlyAnswer {
  data: unknown;
  errors?: { message: string; extensions: Record<string, unknown> }[];
  extensions: {
    cost: { actualQueryCost: number; sqlQueryCost?: number; throttleStatus: { currentlyAvailable: number } };
  };
}

const POOL_SIZE = 10;
const COUNT = '{ catalogue { count } }';
const EACH = [
  'count',
  'exists',
  'first { id }',
  'last { id }',
  'price { sum }',
  'books(first: 1) { nodes { id } }',
].map((field) => `{ catalogue { ${field} } }`);
const countOrElse = (index: number) => EACH[index % EACH.length] as string;

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ databaseConnections: POOL_SIZE, viewer: ANONYMOUS });
});
afterAll(() => gather.close());

/** How many statements of the server wait for a lock. */
async function waiting(): Promise<number> {
  const [row] = await gather.database.ask<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}

describe('while one table is locked, and many wait for it', () => {
  const VIEWER_AND_JOBS = '{ viewer { role } jobs { nodes { id } totalCount } }';
  const EXPECTED = { viewer: { role: 'STAFF' }, jobs: { nodes: [], totalCount: 0 } };

  test('others are answered', async () => {
    await using lock = await lockTable(gather.database.databaseUrl, 'book');
    const flood = Array.from({ length: 30 }, (_, index) => gather.query(countOrElse(index)));
    await eventually(async () => expect(await waiting()).toBe(8));
    expect(await send(gather, VIEWER_AND_JOBS, STAFF_HEADERS)).toMatchObject({ status: 200, data: EXPECTED });
    await lock[Symbol.asyncDispose]();
    for (const { errors } of await Promise.all(flood)) expect(errors).toBeUndefined();
  });

  test('whoever waits is answered what does not need the table', async () => {
    await using lock = await lockTable(gather.database.databaseUrl, 'book');
    const flood = Array.from({ length: 30 }, (_, index) => send(gather, countOrElse(index), STAFF_HEADERS));
    await eventually(async () => expect(await waiting()).toBe(8));
    expect(await send(gather, VIEWER_AND_JOBS, STAFF_HEADERS)).toMatchObject({ status: 200, data: EXPECTED });
    await lock[Symbol.asyncDispose]();
    await Promise.all(flood);
  });

  test('who waits for too long is told BUSY, beside what could be answered', async () => {
    await using lock = await lockTable(gather.database.databaseUrl, 'book');
    const flood = Array.from({ length: 8 }, (_, index) => gather.query(countOrElse(index)));
    await eventually(async () => expect(await waiting()).toBe(8));
    const { data, errors } = await gather.query('{ catalogue { first { title } } about { name } }');
    expect(data).toEqual({ catalogue: { first: null }, about: { name: expect.any(String) } });
    expect(errors).toMatchObject([
      { path: ['catalogue', 'first'], extensions: { code: 'BUSY', source: 'postgres', retryable: true } },
    ]);
    await lock[Symbol.asyncDispose]();
    await Promise.all(flood);
  });
});

test('the statements of a request come before those of one that arrived later, though they were asked for later', async () => {
  // A client has one of two connections.
  const metrics = { host: '127.0.0.1', port: 0 };
  const narrow = await startTestApp({ ...PATIENT, databaseConnections: 2, viewer: ANONYMOUS, metrics });
  const { metricsUrl = '' } = await narrow.app.start();
  const pick = Promise.withResolvers<void>();
  narrow.services.ratings.gate = pick.promise;
  const order: string[] = [];
  const ask = async (name: string, query: string) => {
    const { errors } = await narrow.query(query);
    expect(errors).toBeUndefined();
    order.push(name);
  };
  const untilWaiting = (count: number) =>
    eventually(async () => {
      const ofStatements = { db_client_connection_pool_name: 'statements' };
      const now = await scrape(metricsUrl);
      expect(now.value('db_client_connection_pending_requests', ofStatements)).toBe(count);
    });
  await using lock = await lockTable(narrow.database.databaseUrl, 'book');
  const asked = [ask('running', COUNT), ask('earlier', '{ front { pick { book { title } } } }')];
  await eventually(() => expect(narrow.services.ratings.requests).toHaveLength(1));
  asked.push(ask('later', '{ catalogue { exists } }'));
  await untilWaiting(1);
  pick.resolve();
  await untilWaiting(2);
  await lock[Symbol.asyncDispose]();
  await Promise.all(asked);
  expect(order).toEqual(['running', 'earlier', 'later']);
  await narrow.close();
});

describe('the time of PostgreSQL', () => {
  const ask = async (query: string, app = gather) =>
    (await (await app.request(query)).json()) as unknown as CostlyAnswer;

  /** Has statements on books take so long. */
  const slowDown = async (app: TestApp, seconds: number) => {
    await app.database.ask('alter table book rename to slow_book');
    await app.database.ask(
      `create view public.book as select * from public.slow_book where (select pg_sleep(${seconds}) is not null)`,
    );
  };

  test('costs a point a millisecond where it is more than the objects', async () => {
    const limits = { ...TEST_LIMITS, costBucket: 10_000, costRestoredPerSecond: 1 };
    const slow = await startTestApp({ limits, viewer: SIGNED_IN, isDevelopment: false });
    try {
      await slowDown(slow, 0.4);
      const { extensions } = await ask(COUNT, slow);
      const { actualQueryCost, sqlQueryCost = 0, throttleStatus } = extensions.cost;
      expect(actualQueryCost).toBe(7); // 1 + 5.1
      expect(sqlQueryCost).toBeGreaterThanOrEqual(400);
      expect(10_000 - throttleStatus.currentlyAvailable).toBeGreaterThanOrEqual(sqlQueryCost - 10);
    } finally {
      await slow.close();
    }
  });

  test('is taken below what is left, and the next operation waits', async () => {
    const limits = { ...TEST_LIMITS, costBucket: 300, costRestoredPerSecond: 1 };
    const slow = await startTestApp({ limits, viewer: SIGNED_IN, isDevelopment: false });
    try {
      await slowDown(slow, 0.4);
      expect((await ask(COUNT, slow)).errors).toBeUndefined();
      const { errors } = await ask('{ about { name } }', slow);
      expect(errors).toMatchObject([{ extensions: { code: 'THROTTLED', retryable: true } }]);
    } finally {
      await slow.close();
    }
  });

  test('is paid also for what is deferred, and for what a client leaves', async () => {
    const limits = { ...TEST_LIMITS, costBucket: 300, costRestoredPerSecond: 1 };
    const slow = await startTestApp({ limits, viewer: SIGNED_IN, isDevelopment: false });
    try {
      await slowDown(slow, 0.4);
      const accept = { headers: { accept: 'multipart/mixed' } };
      await (await slow.request('{ catalogue { ... @defer { count } } }', {}, accept)).text();
      expect((await ask('{ about { name } }', slow)).errors).toMatchObject([{ extensions: { code: 'THROTTLED' } }]);
    } finally {
      await slow.close();
    }
  });
});
