import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Limits } from '../../src/limits/limits.ts';
import { ANONYMOUS, type Viewer } from '../../src/viewer.ts';
import { CUSTOMER, STAFF, STAFF_HEADERS, startTestApp, TEST_LIMITS, type TestApp } from '../helpers/app.ts';
import { readText, send } from '../helpers/client.ts';
import { readParts } from '../helpers/parts.ts';

interface Cost {
  requestedQueryCost: number;
  actualQueryCost: number | null;
  throttleStatus: { maximumAvailable: number; currentlyAvailable: number; restoreRate: number };
}

interface CostlyAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
  data?: any;
  errors?: { message: string; extensions: Record<string, unknown> }[];
  extensions?: { cost?: Cost };
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
  test('a point for each object, and nothing for scalars', async () => {
    expect(await costOf('{ about { name text openingHours } }')).toEqual([1, 1]);
    expect(await costOf('{ __typename }')).toEqual([0, 0]);
    expect(
      await costOf('{ about { name } ... { about { text } } ...A } fragment A on Query { about { name } }'),
    ).toEqual([1, 1]);
    expect(await costOf('{ about { name } other: about { name } }')).toEqual([2, 2]);
  });

  test('what is below a list as often as the list is long, through all levels', async () => {
    // The menu and its page, and each of twenty items with a supplier, a page of reviews, and five reviews by a customer each.
    const page = `{ menu { items(first: 20) { nodes {
      name supplier { name } reviews(first: 5) { nodes { rating customer { name } } }
    } } } }`;
    expect(await costOf(page)).toEqual([2 + 20 * (1 + 1 + 1 + 5 * 2), 2 + 20 * 13]);
  });

  test('what its fragments ask for, once for each place', async () => {
    const fragments = `fragment Items on Menu { items(first: 2) { nodes { ...Whole } } }
      fragment Whole on Node { id ... on Item { supplier { ...Name } } }
      fragment Name on Supplier { name }`;
    expect(await costOf(`{ menu { ...Items ...Items } } ${fragments}`)).toEqual([2 + 2 * 2, 2 + 2 * 2]);
    expect(await costOf(`{ menu { ...Items } other: menu { ...Items } } ${fragments}`)).toEqual([12, 12]);
  });

  test('twenty of each where a connection is not told how many, and what was there in the end', async () => {
    const both = '{ menu { items { nodes { sku } edges { node { sku } } pageInfo { hasNextPage } } } }';
    expect(await costOf(both)).toEqual([2 + 20 + 20 * 2 + 1, 2 + 20 + 40 + 1]);
    const none = '{ menu(where: { or: [] }) { items(last: 30) { nodes { sku } } } }';
    expect(await costOf(none)).toEqual([2 + 30, 2]);
  });

  test('by numbers as they are: of the operation, of variables, and their defaults', async () => {
    expect(await costOf('{ home { featured(first: 3) { sku } } }')).toEqual([4, 4]);
    expect(await costOf('{ home { featured { sku } } }')).toEqual([6, 6]);
    const asked = 'query ($n: Int! = 2) { home { featured(first: $n) { sku } } }';
    expect(await costOf(asked)).toEqual([3, 3]);
    expect(await costOf(asked, { n: 7 })).toEqual([8, 8]);
    const optional = 'query ($n: Int) { menu { items(first: $n) { nodes { sku } } } }';
    expect(await costOf(optional)).toEqual([22, 22]);
    expect(await costOf(optional, { n: null })).toEqual([22, 22]);
    expect(await costOf(optional, { n: 0 })).toEqual([2, 2]);
  });

  test.each(['toString', 'constructor', 'hasOwnProperty', '__defineGetter__'])(
    'by the variables that are given, and no others: %s',
    async (name) => {
      const asked = `query ($${name}: Int) { menu { items(first: $${name}) { nodes { sku } } } }`;
      expect(await costOf(asked)).toEqual([22, 22]);
      expect(await costOf(asked, { [name]: 7 })).toEqual([9, 9]);
      expect((await costOf(asked.replace('Int', 'Int = 3')))[0]).toBe(5);
    },
  );

  test('all there is where its size is in a variable that an executor would lose', async () => {
    const asked = 'query ($__proto__: Int = 1) { menu { items(first: $__proto__) { nodes { sku } } } }';
    for (const variables of ['{}', '{"__proto__":1}', '{"__proto__":null}']) {
      const { errors, extensions } = await ask(asked, JSON.parse(variables));
      expect(extensions?.cost?.requestedQueryCost).toBe(Number.MAX_SAFE_INTEGER);
      expect(errors?.[0]?.extensions['code']).toBe('MAX_COST_EXCEEDED');
    }
  });

  test('by the length of a list that names its objects', async () => {
    expect(await costOf('{ nodes(ids: ["SXRlbTox", "SXRlbToy", "SXRlbTow"]) { id } }')).toEqual([3, 2]);
    const ids = ['SXRlbTox', 'SXRlbToy'];
    expect(await costOf('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })).toEqual([2, 2]);
    expect(await costOf('query ($id: ID!) { nodes(ids: [$id, $id]) { id } }', { id: ids[0] })).toEqual([2, 2]);
    expect(await costOf('{ nodes(ids: "SXRlbTox") { id } }')).toEqual([1, 1]);
    expect(await costOf('query ($ids: [ID!]! = "SXRlbTox") { nodes(ids: $ids) { id } }')).toEqual([1, 1]);
  });

  test('as a list of one where a number is given for a list', async () => {
    const requested = async (query: string, variables: Variables = {}) =>
      (await ask(query, variables)).extensions?.cost?.requestedQueryCost;
    const asked = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    for (const ids of [-1, 0, 1000]) {
      expect(await requested(`{ nodes(ids: ${ids}) { id } }`)).toBe(1);
      expect(await requested(asked.replace('!)', `! = ${ids})`))).toBe(1);
      expect(await requested(asked, { ids })).toBe(1);
    }
  });

  test('of an object of several possible types, the type that costs most', async () => {
    const node =
      '{ node(id: "SXRlbTox") { ... on Item { supplier { id } } ... on Customer { reviews(first: 4) { nodes { item { id } } } } } }';
    expect(await costOf(node)).toEqual([1 + 1 + 4 * 2, 1 + 1]);
  });

  test('both branches of a condition, until it is known which is taken', async () => {
    const either = 'query ($a: Boolean!) { about @skip(if: $a) { name } other: about @include(if: $a) { name } }';
    expect(await costOf(either, { a: true })).toEqual([2, 1]);
  });

  test('what the schema says of single fields', async () => {
    expect(await costOf('{ menu { count price { average } } }')).toEqual([1 + 5 + 5 + 1, 12]);
    expect(await costOf('{ menu { items(first: 3) { totalCount nodes { averageRating } } } }')).toEqual([
      2 + 5 + 3 * 2,
      13,
    ]);
  });

  test('ten for each supplier that is asked, whether or not its quote is selected', async () => {
    expect(await costOf('{ quotes { elapsed } }')).toEqual([101, 101]);
    expect(await costOf('{ quotes(count: 3) { elapsed } }')).toEqual([31, 31]);
    expect(await costOf('{ quotes(count: 3) { quotes { supplier } } }')).toEqual([34, 34]);
    const asked = 'query ($n: Int!) { quotes(count: $n) { elapsed } }';
    expect(await costOf(asked, { n: 100 })).toEqual([1001, 1001]);
    const often = Array.from({ length: 20 }, (_, i) => `a${i}: quotes(count: 100) { elapsed }`);
    gather.cost();
    expect((await ask(`{ ${often.join(' ')} }`)).errors?.[0]?.extensions['code']).toBe('MAX_COST_EXCEEDED');
    expect(gather.cost().requests).toEqual([]);
  });

  test('ten more for each change', async () => {
    const change = 'mutation { createTask(input: { title: "Sweep" }) { task { id } userErrors { message } } }';
    expect(await costOf(change)).toEqual([10 + 1 + 1 + 10, 10 + 1 + 1]);
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
      ask('query ($n: Int) { menu { items(first: $n) { nodes { sku } } } }', { n: first });
    expect((await nodes(-1)).extensions?.cost?.requestedQueryCost).toBe(2);
    expect((await nodes(5)).extensions?.cost?.requestedQueryCost).toBe(7);
    expect((await nodes(LARGEST)).extensions?.cost?.requestedQueryCost).toBe(2 + LARGEST);
    const deep =
      '{ menu { items(first: 0) { nodes { supplier { items(first: $n) { nodes { supplier { items(first: $n) { nodes { sku } } } } } } } } } }';
    const absurd = { n: LARGEST };
    expect((await ask(`query ($n: Int) ${deep}`, absurd)).extensions?.cost?.requestedQueryCost).toBe(2);
    const most = await ask(`query ($n: Int) ${deep.replace('first: 0', 'first: $n')}`, absurd);
    expect(most.extensions?.cost?.requestedQueryCost).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('an operation that costs too much', () => {
  test('is refused before anything is asked of the sources', async () => {
    const query = '{ about { name } menu { items(first: 100) { nodes { reviews(first: 50) { nodes { id } } } } } }';
    const response = await gather.request(query);
    expect(response.status).toBe(400);
    const { data, errors, extensions } = (await response.json()) as CostlyAnswer;
    expect(data).toBeUndefined();
    expect(errors).toEqual([
      {
        message: 'Expected an operation of at most 5000 points, got 5203.',
        extensions: { code: 'MAX_COST_EXCEEDED', retryable: false },
      },
    ]);
    expect(extensions?.cost).toMatchObject({ requestedQueryCost: 3 + 100 * (2 + 50), actualQueryCost: null });
    expect(gather.cost()).toEqual({ statements: [], requests: [] });
  });

  test('is one that no full bucket could pay, too', async () => {
    await withLimits({ costBucket: 100 }, async (app) => {
      const { errors } = await ask('{ quotes(count: 10) { elapsed } }', {}, app);
      expect(errors?.[0]?.message).toBe('Expected an operation of at most 100 points, got 101.');
    });
  });
});

describe('the points of a viewer', () => {
  test('are taken by what an operation asks for, and what it did not cost is given back', async () => {
    await withLimits({ costBucket: 1000 }, async (app) => {
      const none = '{ menu(where: { or: [] }) { items(first: 100) { nodes { sku } } } }';
      const { extensions } = await ask(none, {}, app);
      expect(extensions?.cost).toEqual({
        requestedQueryCost: 102,
        actualQueryCost: 2,
        throttleStatus: { maximumAvailable: 1000, currentlyAvailable: 998, restoreRate: 1 },
      });
    });
  });

  test('are used up, then an operation is refused with 429 until they have come back', async () => {
    await withLimits({ costBucket: 250, costRestoredPerSecond: 20 }, async (app) => {
      const query = '{ quotes(count: 9) { quotes { supplier } } }';
      for (const _ of [1, 2]) expect((await ask(query, {}, app)).errors).toBeUndefined();
      app.cost();
      const response = await app.request(query);
      expect(response.status).toBe(429);
      const seconds = Number(response.headers.get('retry-after'));
      expect([2, 3, 4]).toContain(seconds);
      const { errors, extensions } = (await response.json()) as CostlyAnswer;
      expect(errors?.[0]?.extensions).toEqual({ code: 'THROTTLED', retryable: true });
      expect(errors?.[0]?.message).toMatch(/^Expected at most \d+ points, which are left for now, got 100\. /);
      expect(extensions?.cost).toMatchObject({ requestedQueryCost: 100, actualQueryCost: null });
      expect(app.cost()).toEqual({ statements: [], requests: [] });
      await expect.poll(async () => (await app.request(query)).status, { interval: 200 }).toBe(200);
    });
  });

  test('are not taken where an operation is not run, and kept where nobody knows how far it came', async () => {
    await withLimits({ costBucket: 2000 }, async (app) => {
      const query = 'query ($n: Int!) { quotes(count: $n) { elapsed } }';
      const notRun = await ask(query, { n: 'many' }, app);
      expect(notRun.data).toBeUndefined();
      const failed = await ask(query, { n: 101 }, app);
      expect(failed.data).toBeNull();
      expect(failed.extensions?.cost).toMatchObject({
        actualQueryCost: 1011,
        throttleStatus: { currentlyAvailable: 989 },
      });
    });
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
      expect([await spend(STAFF), await spend(STAFF), await spend(CUSTOMER)]).toEqual([999, 998, 999]);
      expect([await spend(ANONYMOUS), await spend(ANONYMOUS)]).toEqual([999, 998]);
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
    const query = '{ home { featured(first: 1) { sku } ... @defer { promo { item { sku } } } } }';
    for await (const part of readParts(await send(url, query, { accept }).response)) parts.push(part);
    expect(parts.map(({ extensions }) => extensions?.cost?.requestedQueryCost)).toEqual([4, undefined]);
    expect(parts[0]?.extensions?.cost?.actualQueryCost).toBeNull();
    const { data } = await ask('mutation { add(x: 1, y: 2) { job { id } } }');
    const { id } = data.add.job;
    await ask('mutation ($id: ID!) { cancelJob(id: $id) { job { id } } }', { id });
    const watch = `subscription { job(id: "${id}") { state error { code } } }`;
    const sent = send(url, watch, { accept: 'text/event-stream', ...STAFF_HEADERS });
    const events = await readText(await sent.response);
    expect(events).toContain('"state":"CANCELLED"');
    expect(events).toContain('"requestedQueryCost":2,"actualQueryCost":null');
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

async function withLimits(limits: Partial<Limits>, work: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await startTestApp({
    isDevelopment: false,
    limits: { ...TEST_LIMITS, costRestoredPerSecond: 1, ...limits },
  });
  try {
    await work(app);
  } finally {
    await app.close();
  }
}
