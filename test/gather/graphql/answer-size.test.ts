import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { STAFF_HEADERS, startTestApp, TEST_LIMITS, type TestApp } from '../../helpers/app.ts';
import { readText, send } from '../../helpers/client.ts';
import { readParts } from '../../helpers/parts.ts';

const MOST = 200_000;
const TOO_LARGE = { code: 'ANSWER_TOO_LARGE', retryable: false };
const MESSAGE =
  /^Expected (an answer of at most 200,000|rows for an answer of at most 800,000) bytes \(MAX_ANSWER_BYTES\), got more/;
/** Ten letters, of which JSON writes `"`, `\` and the control character longer, and UTF-8 the others. */
const LETTERS = 'ab"\\\u0001жé漢x ';

/** Twenty books of one author. */
const LONG_LIST = 'book(by: { isbn: "LONG-1" }) { author { books(first: 20) { nodes { blurb } } } }';

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({
    isDevelopment: false,
    limits: { ...TEST_LIMITS, maxCost: 1_000_000, maxAliases: 2000, maxTokens: 10_000, answerMaxBytes: MOST },
  });
  ({ url } = await gather.app.start());
  await prepare(gather);
});
beforeEach(() => void gather.cost());
afterEach(() => gather.services.reset());
afterAll(() => gather.close());

describe('an answer that is too large is refused with a code, and nothing else is answered:', () => {
  test.each([
    [
      'aliases of a long text',
      `{ book(by: { isbn: "LONG-1" }) { author { books(first: 2) { nodes { ${aliases('blurb', 20)} } } } } }`,
    ],
    ['a list of long texts', `{ ${LONG_LIST} }`],
    ['long names', `{ catalogue { books(first: 100) { nodes { ${'a'.repeat(3000)}: isbn } } } }`],
    ['long names of __typename', `{ catalogue { books(first: 100) { nodes { ${'a'.repeat(3000)}: __typename } } } }`],
    ['long names of objects', `{ catalogue { books(first: 100) { nodes { ${'a'.repeat(3000)}: author { id } } } } }`],
    ['long names of nulls', `{ catalogue { books(first: 100) { nodes { ${'a'.repeat(3000)}: cover { id } } } } }`],
    ['results of jobs', `{ jobs(first: 1) { nodes { result } } }`],
    ['results of jobs that are one too many for the database already', `{ jobs(first: 20) { nodes { result } } }`],
    ['the schema', `{ __schema { types { ${aliases('description', 45)} fields { ${aliases('description', 45)} } } } }`],
    ['errors', `{ catalogue { books(first: 100) { nodes { ${'a'.repeat(3000)}: shelf } } } }`],
    ['changes', `mutation { ${['a', 'b', 'c', 'd', 'e'].map(toChange).join(' ')} }`],
  ])('%s', async (_, query) => {
    gather.services.shelves.fault = 'error';
    const response = await gather.request(query);
    const body = await response.text();
    expect(body.length).toBeLessThan(2000);
    expect(JSON.parse(body)).toMatchObject({
      data: null,
      errors: [{ message: expect.stringMatching(MESSAGE), extensions: TOO_LARGE }],
    });
  });
});

test('an answer that is just not too large is given', async () => {
  const query =
    '{ book(by: { isbn: "LONG-1" }) { author { books(first: 20) { nodes { id pages blurb createdAt author { name } } } } } }';
  await withMost(10_000_000, async (app) => {
    const { length } = Buffer.from(await (await app.request(query)).arrayBuffer());
    for (const [most, isGiven] of [
      [length - 200, false],
      [length + 1000, true],
    ] as const) {
      await withMost(most, async (small) => {
        const { errors } = await small.query(query);
        expect(errors === undefined, `${length} bytes, and ${most} at most`).toBe(isGiven);
      });
    }
  });
});

test('what is still under way is stopped, and nothing more is begun', async () => {
  gather.services.ratings.delayMs = 2000;
  const { errors } = await gather.query(`{ opinions(count: 3, mode: SEQUENTIAL) { elapsed } ${LONG_LIST} }`);
  expect(errors).toMatchObject([{ extensions: TOO_LARGE }]);
  expect(gather.services.ratings.requests).toHaveLength(1);
  await expect.poll(() => gather.services.ratings.open).toEqual([]);
});

test('fields that may be null are given up too', async () => {
  const { data, errors } = await gather.query(
    `{ about { name } nodes(ids: ${JSON.stringify(Array(60).fill(btoa('Book:1')))}) { ... on Book { ${'a'.repeat(4000)}: pages } } }`,
  );
  expect(data).toBeNull();
  expect(errors).toMatchObject([{ extensions: TOO_LARGE }]);
});

test('the server goes on with the next operation', async () => {
  for (const _ of Array(15)) await gather.query('{ jobs(first: 20) { nodes { result } } }');
  expect(await gather.query('{ about { name } }')).toMatchObject({ data: { about: {} } });
  const [row] = await gather.database.ask<{ count: number }>(
    `select count(*)::int from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()`,
  );
  expect(row?.count).toBe(0);
});

describe('of an answer in parts each part has the limit:', () => {
  const accepts = ['multipart/mixed;incrementalSpec=v0.2', 'multipart/mixed;deferSpec=20220824'];

  test.each(accepts)('one that is too large ends it: %s', async (accept) => {
    const query = `{ about { name } book(by: { isbn: "LONG-1" }) { isbn ... @defer { author { books(first: 20) { nodes { blurb } } } } } }`;
    const parts = await partsOf(query, accept);
    expect(parts[0].data).toEqual({ about: { name: 'The Library' }, book: { isbn: 'LONG-1' } });
    expect(JSON.stringify(parts).length).toBeLessThan(5000);
    expect(JSON.stringify(parts)).toContain('ANSWER_TOO_LARGE');
    expect(parts.at(-1).hasNext).toBe(false);
  });

  test.each(accepts)('a first one that is too large is all: %s', async (accept) => {
    const query = `{ book(by: { isbn: "LONG-1" }) { author { books(first: 20) { nodes { blurb } } } ... @defer { isbn } } }`;
    const parts = await partsOf(query, accept);
    expect(JSON.stringify(parts).length).toBeLessThan(5000);
    expect(JSON.stringify(parts)).toContain('ANSWER_TOO_LARGE');
  });

  test('all of them together may be larger, in rows and in bytes', async () => {
    await withMost(TEST_LIMITS.answerMaxBytes, async (app) => {
      const { url } = await app.app.start();
      await app.database.ask(
        `insert into book (isbn, title, blurb, price, "authorId")
         select 'L-' || n, 'Longer', repeat('.', 10000), 1, 1 + n % 10 from generate_series(1, 2000) n`,
      );
      const query = '{ catalogue(where: { title: { eq: "Longer" } }) { all @stream { isbn blurb author { name } } } }';
      let books = 0;
      for (const part of await partsOf(query, accepts[0] as string, url)) {
        const given = part.incremental?.flatMap((it: { items: unknown[] }) => it.items) ?? [];
        books += given.length;
        expect(part).not.toHaveProperty('errors');
        expect(part.completed ?? []).toEqual(part.completed ? [{ id: '0' }] : []);
      }
      expect(books).toBe(2000);
    });
  });
});

test('an event of a subscription that is too large ends it', async () => {
  const [job] = await gather.database.ask<{ id: string }>('select id from gather.job limit 1');
  const watch = `subscription { job(id: "${btoa(`Job:${job?.id}`)}") { state result } }`;
  const events = await readText(await send(url, watch, { accept: 'text/event-stream', ...STAFF_HEADERS }).response);
  expect(events).toContain('ANSWER_TOO_LARGE');
  expect(events).toContain('event: complete');
  expect(events.length).toBeLessThan(2000);
});

describe('`all` without @stream', () => {
  const all = (most: number) => `{ catalogue(where: { title: { eq: "Many ${most}" } }) { all { isbn } } }`;
  const insert = (count: number) =>
    gather.database.ask(
      `insert into book (isbn, title, price, "authorId", status)
       select 'MANY-' || $1::int || '-' || n, 'Many ' || $1::int, 1, 1, 'RETIRED' from generate_series(1, $1::int) n`,
      [count],
    );

  test('gives a thousand books', async () => {
    await insert(1000);
    expect((await gather.query(all(1000))).data?.catalogue.all).toHaveLength(1000);
  });

  test.each(['application/json', 'multipart/mixed'])('names @stream where there are more: %s', async (accept) => {
    if (accept === 'application/json') await insert(1001);
    gather.cost();
    const response = await gather.request(all(1001), {}, { headers: { accept } });
    const { data, errors } = JSON.parse(/\{.*\}/.exec(await response.text())?.[0] ?? '');
    expect(data).toEqual({ catalogue: { all: null } });
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/^Expected at most 1,000 books without @stream, got more\./),
        path: ['catalogue', 'all'],
        extensions: { code: 'LIMIT_EXCEEDED' },
      },
    ]);
    expect(gather.cost().statements.filter((text) => text.startsWith('fetch'))).toHaveLength(3);
  });

  test('is what is asked where the client takes no parts, or @stream is off', async () => {
    const query = all(1001).replace('all', 'all @stream(if: $on)').replace('{', 'query ($on: Boolean!) {');
    const codes = async (on: boolean, accept: string) => {
      const response = await gather.request(query, { on }, { headers: { accept } });
      return (await response.text()).includes('LIMIT_EXCEEDED');
    };
    expect(await codes(true, 'application/json')).toBe(true);
    expect(await codes(false, 'multipart/mixed')).toBe(true);
    expect(await codes(true, 'multipart/mixed')).toBe(false);
  });
});

async function partsOf(query: string, accept: string, to = url) {
  const parts = [];
  const { response } = send(to, query, { accept, ...STAFF_HEADERS });
  for await (const part of readParts(await response)) parts.push(part);
  return parts;
}

async function withMost(answerMaxBytes: number, work: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await startTestApp({ isDevelopment: false, limits: { ...TEST_LIMITS, answerMaxBytes } });
  try {
    await prepare(app);
    await work(app);
  } finally {
    await app.close();
  }
}

/** Creates a book, whose title is asked for again and again. */
function toChange(isbn: string): string {
  const input = `{ isbn: "${isbn}", title: "${'x'.repeat(190)}", price: "1", authorId: "${btoa('Author:1')}" }`;
  return `${isbn}: createBook(input: ${input}) { book { ${aliases('title', 240)} } }`;
}

function aliases(field: string, count: number): string {
  return Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');
}

/** An author of twenty books with long blurbs, and twenty jobs with a long result. */
async function prepare({ database }: TestApp): Promise<void> {
  await database.ask(
    `with author as (insert into author (name) values ('Long') returning id)
     insert into book (isbn, title, blurb, "authorId")
     select 'LONG-' || n, 'Long', repeat($1, 1000), author.id from author, generate_series(1, 20) n`,
    [LETTERS],
  );
  await database.ask(
    `insert into gather.job (task, state, input, result, "deliveryId")
     select 'add', 'SUCCEEDED', '{}', jsonb_build_object('body', repeat($1, 30000)), gen_random_uuid()
     from generate_series(1, 20)`,
    ['"quoted" '],
  );
}
