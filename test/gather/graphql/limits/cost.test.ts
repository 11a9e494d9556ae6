import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Limits } from '../../../../src/gather/graphql/limits/limits.ts';
import type { Viewer } from '../../../../src/gather/viewer.ts';
import {
  ANONYMOUS,
  SIGNED_IN,
  STAFF,
  STAFF_HEADERS,
  startTestApp,
  TEST_LIMITS,
  type TestApp,
} from '../../../helpers/app.ts';
import { readText, send } from '../../../helpers/client.ts';
import { readParts } from '../../../helpers/parts.ts';

interface Cost {
  requestedQueryCost: number;
  actualQueryCost: number | null;
  sqlQueryCost?: number;
  throttleStatus: { maximumAvailable: number; currentlyAvailable: number; restoreRate: number };
}

interface CostlyAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
  data?: any;
  errors?: readonly { message: string; extensions: Record<string, unknown> }[] | undefined;
  extensions?: { cost?: Cost } | undefined;
}

/** Of an Int. */
const LARGEST = 2 ** 31 - 1;

type Variables = Record<string, unknown>;

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp({ isDevelopment: false });
});
beforeEach(() => void gather.cost());
afterEach(() => gather.services.reset());
afterAll(() => gather.close());

describe('an operation costs', () => {
  test('a point for each object, a tenth for each scalar, and no less than one', async () => {
    expect(await costOf('{ about { name text openingHours } }')).toEqual([2, 2]);
    expect(await costOf('{ __typename }')).toEqual([1, 1]);
    const names = Array.from({ length: 20 }, (_, i) => `a${i}: name`).join(' ');
    expect(await costOf(`{ about { ${names} } }`)).toEqual([3, 3]);
    expect(
      await costOf('{ about { name } ... { about { text } } ...A } fragment A on Query { about { name } }'),
    ).toEqual([2, 2]);
    expect(await costOf('{ about { name } other: about { name } }')).toEqual([3, 3]);
  });

  test('what is below a list as often as the list is long, through all levels', async () => {
    // The catalogue and its page, and each of twenty books with an author, a page of loans, and five loans of a book each.
    const page = `{ catalogue { books(first: 20) { nodes {
      title author { name } loans(first: 5) { nodes { dueOn book { title } } }
    } } } }`;
    expect(await costOf(page)).toEqual([2 + 20 * (1.1 + 1.1 + 1 + 5 * 2.2), 2 + 20 * 14.2]);
  });

  test('what its fragments ask for, once for each place', async () => {
    const fragments = `fragment Books on Catalogue { books(first: 2) { nodes { ...Whole } } }
      fragment Whole on Node { id ... on Book { author { ...Name } } }
      fragment Name on Author { name }`;
    expect(await costOf(`{ catalogue { ...Books ...Books } } ${fragments}`)).toEqual([7, 7]); // 2 + 2 * 2.2
    expect(await costOf(`{ catalogue { ...Books } other: catalogue { ...Books } } ${fragments}`)).toEqual([13, 13]);
  });

  test('twenty of each where a connection is not told how many, and what was there in the end', async () => {
    const both = '{ catalogue { books { nodes { isbn } edges { node { isbn } } pageInfo { hasNextPage } } } }';
    expect(await costOf(both)).toEqual([68, 68]); // 2 + 20 * 1.1 + 20 * 2.1 + 1.1;
    const none = '{ catalogue(where: { or: [] }) { books(last: 30) { nodes { isbn } } } }';
    expect(await costOf(none)).toEqual([2 + 30 * 1.1, 2]);
  });

  test('by numbers as they are: of the operation, of variables, and their defaults', async () => {
    expect(await costOf('{ front { newest(first: 3) { isbn } } }')).toEqual([5, 5]);
    expect(await costOf('{ front { newest { isbn } } }')).toEqual([7, 7]);
    const asked = 'query ($n: Int! = 2) { front { newest(first: $n) { isbn } } }';
    expect(await costOf(asked)).toEqual([4, 4]);
    expect(await costOf(asked, { n: 7 })).toEqual([9, 9]);
    const optional = 'query ($n: Int) { catalogue { books(first: $n) { nodes { isbn } } } }';
    expect(await costOf(optional)).toEqual([24, 24]);
    expect(await costOf(optional, { n: null })).toEqual([24, 24]);
    expect(await costOf(optional, { n: 0 })).toEqual([2, 2]);
  });

  test.each(['toString', 'constructor', 'hasOwnProperty', '__defineGetter__', '__proto__'])(
    'by the variables that are given, and no others: %s',
    async (name) => {
      const asked = `query ($${name}: Int) { catalogue { books(first: $${name}) { nodes { isbn } } } }`;
      expect(await costOf(asked)).toEqual([24, 24]);
      expect(await costOf(asked, { [name]: 7 })).toEqual([10, 10]);
      expect((await costOf(asked.replace('Int', 'Int = 3')))[0]).toBe(6);
    },
  );

  test('by the length of a list that names its objects', async () => {
    // Book:0 does not exist: it was looked for, and costs a point, but no scalar.
    expect(await costOf('{ nodes(ids: ["Qm9vazox", "Qm9vazoy", "Qm9vazow"]) { id } }')).toEqual([4, 4]);
    const unknown = Array.from({ length: 500 }, (_, i) => btoa(`Book:${1_000_000 + i}`));
    expect(await costOf('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: unknown })).toEqual([550, 500]);
    const ids = ['Qm9vazox', 'Qm9vazoy'];
    expect(await costOf('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })).toEqual([3, 3]);
    expect(await costOf('query ($id: ID!) { nodes(ids: [$id, $id]) { id } }', { id: ids[0] })).toEqual([3, 3]);
    expect(await costOf('{ nodes(ids: "Qm9vazox") { id } }')).toEqual([2, 2]);
    expect(await costOf('query ($ids: [ID!]! = "Qm9vazox") { nodes(ids: $ids) { id } }')).toEqual([2, 2]);
  });

  test('as a list of one where a number is given for a list', async () => {
    const requested = async (query: string, variables: Variables = {}) =>
      (await ask(query, variables)).extensions?.cost?.requestedQueryCost;
    const asked = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    for (const ids of [-1, 0, 1000]) {
      expect(await requested(`{ nodes(ids: ${ids}) { id } }`)).toBe(2);
      expect(await requested(asked.replace('!)', `! = ${ids})`))).toBe(2);
      expect(await requested(asked, { ids })).toBe(2);
    }
  });

  test('of an object of several possible types, the type that costs most', async () => {
    const node =
      '{ node(id: "Qm9vazox") { ... on Book { author { id } } ... on Author { books(first: 4) { nodes { author { id } } } } } }';
    expect(await costOf(node)).toEqual([11, 3]); // 1 + 1 + 4 * 2.1
    const names = Array.from({ length: 20 }, (_, i) => `a${i}: name`).join(' ');
    expect(await costOf(`{ node(id: "Qm9vazox") { ... on Book { title } ... on Author { ${names} } } }`)).toEqual([
      3, 2,
    ]);
  });

  test('the branch of a condition that is taken', async () => {
    const either = 'query ($a: Boolean!) { about @skip(if: $a) { name } other: about @include(if: $a) { name } }';
    for (const a of [true, false]) expect(await costOf(either, { a })).toEqual([2, 2]);
  });

  test('what the schema says of single fields', async () => {
    expect(await costOf('{ catalogue { count price { average } } }')).toEqual([13, 13]); // 1 + 5.1 + 5 + 1.1
    expect(await costOf('{ catalogue { books(first: 3) { totalCount nodes { isLent } } } }')).toEqual([
      14, // 2 + 5.1 + 3 * 2.1
      14,
    ]);
  });

  test('ten for each critic who is asked, whether or not the opinion is selected', async () => {
    expect(await costOf('{ opinions { elapsed } }')).toEqual([102, 102]);
    expect(await costOf('{ opinions(count: 3) { elapsed } }')).toEqual([32, 32]);
    expect(await costOf('{ opinions(count: 3) { opinions { critic } } }')).toEqual([35, 35]);
    const asked = 'query ($n: Int!) { opinions(count: $n) { elapsed } }';
    expect(await costOf(asked, { n: 100 })).toEqual([1002, 1002]);
    const often = Array.from({ length: 20 }, (_, i) => `a${i}: opinions(count: 100) { elapsed }`);
    gather.cost();
    expect((await ask(`{ ${often.join(' ')} }`)).errors?.[0]?.extensions['code']).toBe('MAX_COST_EXCEEDED');
    expect(gather.cost().requests).toEqual([]);
  });

  test('ten more for each change', async () => {
    const change = 'mutation { lendBook(input: { bookId: "Qm9vazox" }) { loan { id } userErrors { message } } }';
    expect(await costOf(change)).toEqual([24, 13]);
  });

  test('a tenth of a point for each object of introspection', async () => {
    const { data, extensions } = await ask('{ __schema { types { name } } }');
    const objects = 1 + data.__schema.types.length;
    expect(extensions?.cost).toMatchObject({
      requestedQueryCost: Math.ceil(objects / 10),
      actualQueryCost: Math.ceil(objects / 10),
    });
  });

  test('something, whatever numbers it comes with', async () => {
    const nodes = (first: unknown) =>
      ask('query ($n: Int) { catalogue { books(first: $n) { nodes { isbn } } } }', { n: first });
    expect((await nodes(-1)).extensions?.cost?.requestedQueryCost).toBe(2);
    expect((await nodes(5)).extensions?.cost?.requestedQueryCost).toBe(8);
    expect((await nodes(LARGEST)).extensions?.cost?.requestedQueryCost).toBe(Math.ceil(2 + LARGEST * 1.1));
    const deep =
      '{ catalogue { books(first: 0) { nodes { author { books(first: $n) { nodes { author { books(first: $n) { nodes { isbn } } } } } } } } } }';
    const absurd = { n: LARGEST };
    expect((await ask(`query ($n: Int) ${deep}`, absurd)).extensions?.cost?.requestedQueryCost).toBe(2);
    const most = await ask(`query ($n: Int) ${deep.replace('first: 0', 'first: $n')}`, absurd);
    expect(most.extensions?.cost?.requestedQueryCost).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('an operation that costs too much', () => {
  test('is refused before anything is asked of the sources', async () => {
    const query = '{ about { name } catalogue { books(first: 100) { nodes { loans(first: 50) { nodes { id } } } } } }';
    const response = await gather.request(query);
    expect(response.status).toBe(400);
    const { data, errors, extensions } = (await response.json()) as CostlyAnswer;
    expect(data).toBeUndefined();
    expect(errors).toEqual([
      {
        message: 'Expected an operation of at most 5000 points (MAX_COST), got 5704.',
        extensions: { code: 'MAX_COST_EXCEEDED', retryable: false },
      },
    ]);
    expect(extensions?.cost).toMatchObject({ requestedQueryCost: 5704, actualQueryCost: null });
    expect(gather.cost()).toEqual({ statements: [], requests: [] });
  });

  test('is one that no full bucket could pay, too', async () => {
    await withLimits({ costBucket: 100 }, async (app) => {
      const { errors } = await ask('{ opinions(count: 10) { elapsed } }', {}, app);
      expect(errors?.[0]?.message).toBe('Expected an operation of at most 100 points (COST_BUCKET), got 102.');
    });
  });
});

describe('the points of a viewer', () => {
  test('are taken by what an operation asks for, and what it did not cost is given back', async () => {
    await withLimits({ costBucket: 1000 }, async (app) => {
      const none = '{ catalogue(where: { or: [] }) { books(first: 100) { nodes { isbn } } } }';
      const { extensions } = await ask(none, {}, app);
      expect(extensions?.cost).toMatchObject({
        requestedQueryCost: 112,
        actualQueryCost: 2,
        throttleStatus: { maximumAvailable: 1000, restoreRate: 1 },
      });
      // A statement that takes longer than two milliseconds is paid by its time, which is said in whole ones.
      const sqlCost = extensions?.cost?.sqlQueryCost ?? 2;
      expect([1000 - sqlCost, 999 - sqlCost]).toContain(extensions?.cost?.throttleStatus.currentlyAvailable);
    });
  });

  test('are taken once for an answer in parts: the time of its statements is in what it asked for', async () => {
    await withLimits({ costBucket: 1000, costRestoredPerSecond: 0.001 }, async (app) => {
      const query = '{ about { name } ... @defer { front { newest(first: 20) { isbn title } } } }';
      const response = await app.request(query, {}, { headers: { accept: 'multipart/mixed' } });
      expect(await response.text()).toContain('"isbn"');
      const { extensions } = await ask('{ about { name } }', {}, app);
      const { requestedQueryCost = 0, throttleStatus } = extensions?.cost ?? {};
      // 1.1 and 2 + 20 * 1.2, rounded up.
      expect(throttleStatus?.currentlyAvailable).toBe(1000 - 27 - requestedQueryCost);
    });
  });

  test('are used up, then an operation is refused with 429 until they have come back', async () => {
    await withLimits({ costBucket: 255, costRestoredPerSecond: 20 }, async (app) => {
      const query = '{ opinions(count: 9) { opinions { critic } } }';
      for (const _ of [1, 2]) expect((await ask(query, {}, app)).errors).toBeUndefined();
      app.cost();
      const response = await app.request(query);
      expect(response.status).toBe(429);
      const seconds = Number(response.headers.get('retry-after'));
      expect([2, 3, 4]).toContain(seconds);
      const { errors, extensions } = (await response.json()) as CostlyAnswer;
      expect(errors?.[0]?.extensions).toEqual({ code: 'THROTTLED', retryable: true });
      expect(errors?.[0]?.message).toMatch(
        /^Expected at most \d+ points, the number left for now \(COST_BUCKET, COST_RESTORE\), got 101\. /,
      );
      expect(extensions?.cost).toMatchObject({ requestedQueryCost: 101, actualQueryCost: null });
      expect(app.cost()).toEqual({ statements: [], requests: [] });
      await expect.poll(async () => (await app.request(query)).status, { interval: 200 }).toBe(200);
    });
  });

  test('are not taken where an operation is not run, and kept for what was run of one that failed', async () => {
    await withLimits({ costBucket: 2000 }, async (app) => {
      const query = 'query ($n: Int!) { opinions(count: $n) { elapsed } }';
      const notRun = await ask(query, { n: 'many' }, app);
      expect(notRun.data).toBeUndefined();
      const failed = await ask(query, { n: 101 }, app);
      expect(failed.data).toEqual({ opinions: null });
      expect(failed.extensions?.cost).toMatchObject({
        // The critics that it asked for, and nothing of the answer that is not there.
        actualQueryCost: 1010,
        throttleStatus: { currentlyAvailable: 990 },
      });
    });
  });

  test('are paid where an error takes a branch of the answer away, as far as it may have come', async () => {
    await withLimits({ costBucket: 4000 }, async (app) => {
      const cost = async (query: string, variables: Variables = {}) => {
        const { data, errors, extensions } = await ask(query, variables, app);
        expect(errors).not.toHaveLength(0);
        return { data, requested: extensions?.cost?.requestedQueryCost, actual: extensions?.cost?.actualQueryCost };
      };
      await app.database.ask('alter table book drop constraint book_status_check');
      await app.database.ask(`update book set status = 'GONE' where id = 1`);
      // A status that is none fails, and may not be null: it takes the whole book, which may be.
      const deep =
        'book(by: { id: "Qm9vazox" }) { status loans(first: 10) { nodes { book { loans(first: 20) { nodes { id } } } } } }';
      expect(await cost(`{ ${deep} }`)).toEqual({ data: { book: null }, requested: 253, actual: 253 });
      expect(await cost(`{ about { name } ${deep} }`)).toMatchObject({ requested: 254, actual: 254 });
      // In a list each object that is there costs what it did, one that is not a point, and one that an error took all
      // that it may have.
      const ids = ['Qm9vazoy', 'Qm9vazoxMDAwMDAw', 'Qm9vazox'];
      const list = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Book { isbn status loans(first: 20, after: "x") { nodes { id } } } } }`;
      expect(await cost(list, { ids })).toEqual({
        data: { nodes: [{ isbn: 'ISBN-00002', status: 'ACTIVE', loans: null }, null, null] },
        requested: 73,
        actual: 27,
      });
    });
  });

  test('are not paid for what was not begun, because the field above it failed', async () => {
    await withLimits({ costBucket: 1000 }, async (app) => {
      app.services.ratings.fault = 'error';
      const { data, extensions } = await ask(
        '{ front { pick { book { loans(first: 50) { nodes { id } } } } } }',
        {},
        app,
      );
      expect(data).toEqual({ front: { pick: null } });
      // The error alone.
      expect(extensions?.cost).toMatchObject({ requestedQueryCost: 59, actualQueryCost: 10 });
    });
  });

  test('are paid for errors, if these cost more than the objects', async () => {
    await withLimits({ costBucket: 4000, maxCost: 4000 }, async (app) => {
      const actual = async (query: string, variables: Variables = {}) => {
        const { errors = [], extensions } = await ask(query, variables, app);
        return [errors.length, extensions?.cost?.actualQueryCost];
      };
      const ids = Array.from({ length: 200 }, (_, i) => `none ${i}`);
      expect(await actual('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })).toEqual([200, 2000]);
      // One error more makes a page no more expensive.
      const page =
        '{ catalogue { books(first: 20) { nodes { isbn } } } bad: catalogue { books(first: -1) { nodes { isbn } } } }';
      expect(await actual(page)).toEqual([1, 25]);
      const bad = '{ catalogue { books(first: 20) { nodes { loans(first: 1, after: "bad") { nodes { id } } } } } }';
      expect(await actual(bad)).toEqual([20, 200]);
      expect((await ask(bad, {}, app)).extensions?.cost?.throttleStatus.currentlyAvailable).toBeLessThan(1600);
    });
  });

  test('are paid for errors of an answer in parts', async () => {
    await withLimits({ costBucket: 4000, maxCost: 4000 }, async (app) => {
      const { url } = await app.app.start();
      const bad =
        '... @defer { catalogue { books(first: 50) { nodes { loans(first: 1, after: "bad") { nodes { id } } } } } }';
      const parts: CostlyAnswer[] = [];
      const sent = send(url, `{ about { name } ${bad} }`, { accept: 'multipart/mixed' });
      for await (const part of readParts(await sent.response)) parts.push(part);
      expect(parts[0]?.extensions?.cost?.requestedQueryCost).toBe(159);
      const after = JSON.parse(await readText(await send(url, '{ about { name } }').response));
      const left = after.extensions.cost.throttleStatus.currentlyAvailable;
      // Fifty errors; a few points come back.
      expect(left).toBeLessThan(3520);
      expect(left).toBeGreaterThan(3400);
    });
  });

  test('are paid where time ran out, and where the answer was too large', async () => {
    const query = '{ front { pick { book { loans(first: 50) { nodes { id } } } } } }';
    await withLimits(
      { costBucket: 1000, answerMaxBytes: 1000 },
      async (app) => {
        app.services.ratings.fault = 'hang';
        expect((await ask(query, {}, app)).extensions?.cost).toMatchObject({
          requestedQueryCost: 59,
          actualQueryCost: 59,
        });
        const large = '{ catalogue { books(first: 50) { nodes { id isbn } } } }';
        const { errors, extensions } = await ask(large, {}, app);
        expect(errors).toMatchObject([{ extensions: { code: 'ANSWER_TOO_LARGE' } }]);
        expect(extensions?.cost).toMatchObject({ requestedQueryCost: 62, actualQueryCost: 62 });
      },
      { operationTimeoutMs: 300 },
    );
  });

  test('are paid where the client left', async () => {
    await withLimits({ costBucket: 1000 }, async (app) => {
      const { url } = await app.app.start();
      app.services.ratings.delayMs = 5000;
      const sent = send(url, '{ opinions(count: 30) { elapsed } }');
      await expect.poll(() => app.services.ratings.open.length).toBeGreaterThan(0);
      sent.leave();
      await expect.poll(() => app.services.ratings.open).toEqual([]);
      const response = await send(url, '{ about { name } }').response;
      const { extensions } = JSON.parse(await readText(response));
      expect(extensions.cost.throttleStatus.currentlyAvailable).toBeLessThan(1000 - 302 + 20);
    });
  });

  test('are those of whom a renderer asks for: a user by token, anybody else by the address of the browser', async () => {
    await withLimits(
      { costBucket: 1000 },
      async (app) => {
        const { url } = await app.app.start();
        const spent = new Map<string, number>();
        /** Asks, and expects the points of a bucket to be less by what was spent from it, but for those that came back. */
        const spend = async (bucket: string, headers: Record<string, string>) => {
          const { response } = send(url, '{ catalogue { books(first: 50) { nodes { isbn } } } }', headers);
          const { cost } = JSON.parse(await readText(await response)).extensions;
          const { actualQueryCost, sqlQueryCost = 0, throttleStatus } = cost;
          const all = (spent.get(bucket) ?? 0) + Math.max(actualQueryCost, sqlQueryCost);
          spent.set(bucket, all);
          const missing = 1000 - throttleStatus.currentlyAvailable;
          expect(missing).toBeLessThan(all + actualQueryCost / 2);
          expect(missing).toBeGreaterThan(all - actualQueryCost / 2);
        };
        const browser = (address: string) => ({ 'x-forwarded-for': address });
        await spend('first browser', browser('203.0.113.1'));
        await spend('second browser', browser('203.0.113.2'));
        // What a browser wrote there itself stands further left, and does not count.
        await spend('first browser', browser('203.0.113.9, 203.0.113.1'));
        await spend('staff', { ...browser('203.0.113.1'), ...STAFF_HEADERS });
        await spend('staff', { ...browser('203.0.113.2'), ...STAFF_HEADERS });
      },
      { proxyHops: 1, viewer: ANONYMOUS },
    );
  });

  test('are their own: users have theirs wherever they are, and the anonymous those of their address', async () => {
    await withLimits({ costBucket: 1000 }, async (app) => {
      const spend = async (viewer: Viewer) => {
        const init = {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"query":"{ about { name } }"}',
        };
        const answer = (await (await app.app.fetch('http://gather/graphql', init, { viewer })).json()) as CostlyAnswer;
        return answer.extensions?.cost?.throttleStatus.currentlyAvailable;
      };
      expect([await spend(STAFF), await spend(STAFF), await spend(SIGNED_IN)]).toEqual([998, 996, 998]);
      expect([await spend(ANONYMOUS), await spend(ANONYMOUS)]).toEqual([998, 996]);
    });
  });
});

describe('`extensions.cost`', () => {
  test('is not there where an operation is not known to be one', async () => {
    expect((await ask('{ nothing }')).extensions?.cost).toBeUndefined();
    expect((await ask('{')).extensions?.cost).toBeUndefined();
  });

  test('stands in the first part of an answer in parts, which costs what it asked for', async () => {
    const { url } = await gather.app.start();
    const parts: CostlyAnswer[] = [];
    const accept = 'multipart/mixed;incrementalSpec=v0.2';
    const query = '{ front { newest(first: 1) { isbn } ... @defer { pick { book { isbn } } } } }';
    for await (const part of readParts(await send(url, query, { accept }).response)) parts.push(part);
    expect(parts.map(({ extensions }) => extensions?.cost?.requestedQueryCost)).toEqual([5, undefined]);
    expect(parts[0]?.extensions?.cost?.actualQueryCost).toBeNull();
    const { data } = await ask('mutation { add(x: 1, y: 2) { job { id } } }');
    const { id } = data.add.job;
    await ask('mutation ($id: ID!) { cancelJob(id: $id) { job { id } } }', { id });
    const watch = `subscription { job(id: "${id}") { state error { code } } }`;
    const sent = send(url, watch, { accept: 'text/event-stream', ...STAFF_HEADERS });
    const events = await readText(await sent.response);
    expect(events).toContain('"state":"CANCELLED"');
    expect(events).toContain('"requestedQueryCost":3,"actualQueryCost":null');
  });
});

function ask(query: string, variables: Variables = {}, app = gather): Promise<CostlyAnswer> {
  return app.query(query, variables) as Promise<CostlyAnswer>;
}

/** As requested, and as it was. */
async function costOf(query: string, variables: Variables = {}): Promise<(number | null | undefined)[]> {
  const { errors, extensions } = await ask(query, variables);
  expect(errors).toBeUndefined();
  return [extensions?.cost?.requestedQueryCost, extensions?.cost?.actualQueryCost];
}

async function withLimits(
  limits: Partial<Limits>,
  work: (app: TestApp) => Promise<void>,
  settings: Parameters<typeof startTestApp>[0] = {},
): Promise<void> {
  const app = await startTestApp({
    isDevelopment: false,
    ...settings,
    limits: { ...TEST_LIMITS, costRestoredPerSecond: 1, ...limits },
  });
  try {
    await work(app);
  } finally {
    await app.close();
  }
}
