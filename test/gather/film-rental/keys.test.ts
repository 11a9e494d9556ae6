import { signedIn, startTestApp, type TestApp } from 'gather/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { filmRental } from './index.ts';

const MARY = '11111111-1111-4111-8111-111111111111';
const JON = '22222222-2222-4222-8222-222222222222';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp(filmRental);
});

afterAll(() => app[Symbol.asyncDispose]());

beforeEach(() => void app.cost());

async function ask(text: string, variables: Readonly<Record<string, unknown>> = {}) {
  const { data, errors } = await app.query(text, variables, { viewer: signedIn('STAFF') });
  expect(errors).toBeUndefined();
  return data;
}

/** The ID of an object. */
const idOf = (type: string, key: string | number) => Buffer.from(`${type}:${key}`).toString('base64');

test('a key of each type names a row, and IDs of all types are one statement each', async () => {
  const ids = [
    idOf('Country', 2),
    idOf('Film', 4),
    idOf('Copy', '9007199254740993'),
    idOf('Language', 'is'),
    idOf('Customer', JON),
  ];
  const data = await ask(
    `query ($ids: [ID!]!) {
      nodes(ids: $ids) {
        id
        ... on Country { country }
        ... on Film { title }
        ... on Copy { film { title } }
        ... on Language { name }
        ... on Customer { first_name }
      }
    }`,
    { ids },
  );
  expect(data.nodes).toEqual([
    { id: ids[0], country: 'Iceland' },
    { id: ids[1], title: 'Rain over Kobe' },
    { id: ids[2], film: { title: 'Rain over Kobe' } },
    { id: ids[3], name: 'Icelandic' },
    { id: ids[4], first_name: 'Jón' },
  ]);
  // The film of the copy is the one that was asked for too.
  expect(app.cost()).toEqual({ statements: 5, calls: 0 });
});

test.each([
  ['Film', 1, ['x', '3000000000', '-1', '1.5', '', '0x1', '007']],
  ['Country', 1, ['40000', 'Canada', '1 ', '١']],
  ['Copy', 1, ['9223372036854775808', 'one']],
  ['Customer', MARY, ['no-uuid', '11111111-1111-4111-8111', `${MARY}0`]],
  ['Language', 'en', ['EN', 'e\0n', '']],
])('an ID of a %s that its key cannot be is found for none, and the others are', async (type, key, wrong) => {
  const ids = [idOf(type, wrong[0] ?? ''), idOf(type, key), ...wrong.slice(1).map((text) => idOf(type, text))];
  const data = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
  expect(data.nodes).toEqual([null, { id: ids[1] }, ...wrong.slice(1).map(() => null)]);
  expect(app.cost()).toEqual({ statements: 1, calls: 0 });
});

test('what is no ID of this server is refused', async () => {
  for (const id of [idOf('Planet', 1), 'Film:1', '%', '']) {
    const { errors } = await app.query('query ($id: ID!) { node(id: $id) { id } }', { id });
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
  }
  expect(app.cost()).toEqual({ statements: 0, calls: 0 });
});

test('rows that refer to others by keys of four types, to one table twice, in a cycle and to themselves', async () => {
  const data = await ask(`{
    customers {
      nodes {
        first_name
        recruiter { first_name recruiter { first_name } }
        store { manager { first_name superior { first_name } store { store_id } } }
        rentals {
          nodes {
            lender { first_name }
            taker { first_name }
            copy { film { title sequel_of { title } language { name } original_language { name } } }
          }
        }
      }
    }
  }`);
  expect(data.customers.nodes[0]).toEqual({
    first_name: 'Mary',
    recruiter: null,
    store: { manager: { first_name: 'Ada', superior: null, store: { store_id: 1 } } },
    rentals: {
      nodes: [
        {
          lender: { first_name: 'Ada' },
          taker: null,
          copy: {
            film: {
              title: 'Harbour Lights Again',
              sequel_of: { title: 'Harbour Lights' },
              language: { name: 'English' },
              original_language: null,
            },
          },
        },
        {
          lender: { first_name: 'Ada' },
          taker: { first_name: 'Bilal' },
          copy: {
            film: {
              title: 'Harbour Lights',
              sequel_of: null,
              language: { name: 'English' },
              original_language: null,
            },
          },
        },
      ],
    },
  });
  expect(data.customers.nodes[1].recruiter).toEqual({ first_name: 'Mary', recruiter: null });
  expect(data.customers.nodes[2].rentals.nodes[0].copy.film).toEqual({
    title: 'Rain over Kobe',
    sequel_of: null,
    language: { name: 'English' },
    original_language: { name: 'Japanese' },
  });
  // Customers; stores and rentals; staff and copies; films; languages. Nobody is read twice.
  expect(app.cost()).toEqual({ statements: 7, calls: 0 });
});

test('pages of parents with keys of each type, and their counts, are a statement each', async () => {
  const data = await ask(`{
    stores {
      staff(first: 1) { totalCount nodes { id first_name reports { nodes { first_name } } } pageInfo { hasNextPage } }
    }
  }`);
  expect(data.stores).toEqual([
    {
      staff: {
        totalCount: 2,
        nodes: [
          {
            id: idOf('Staff', 1),
            first_name: 'Ada',
            reports: { nodes: [{ first_name: 'Bilal' }, { first_name: 'Sigrún' }] },
          },
        ],
        pageInfo: { hasNextPage: true },
      },
    },
    {
      staff: {
        totalCount: 2,
        nodes: [{ id: idOf('Staff', 3), first_name: 'Sigrún', reports: { nodes: [{ first_name: 'Tom' }] } }],
        pageInfo: { hasNextPage: true },
      },
    },
  ]);
  expect(app.cost()).toEqual({ statements: 4, calls: 0 });

  const ids = [idOf('Language', 'en'), idOf('Customer', MARY), idOf('Country', 1)];
  const nodes = await ask(
    `query ($ids: [ID!]!) {
      nodes(ids: $ids) {
        ... on Language { films { totalCount } originals { totalCount } }
        ... on Customer { recruits { totalCount nodes { first_name } } }
        ... on Country { cities { nodes { city } } }
      }
    }`,
    { ids },
  );
  expect(nodes.nodes).toEqual([
    { films: { totalCount: 3 }, originals: { totalCount: 0 } },
    { recruits: { totalCount: 2, nodes: [{ first_name: 'Jón' }, { first_name: 'Hana' }] } },
    { cities: { nodes: [{ city: 'Ottawa' }, { city: 'Halifax' }] } },
  ]);
  expect(app.cost()).toEqual({ statements: 3 + 2 + 2 + 1, calls: 0 });
});

test('all rows come, once each, page after page, forwards and backwards', async () => {
  const walk = async (field: string, name: string, size: number, isBackward = false) => {
    const names: string[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < 10; page++) {
      const range: string = isBackward ? `last: ${size}, before: $cursor` : `first: ${size}, after: $cursor`;
      const pages = await ask(
        `query ($cursor: String) { list: ${field.replace('PAGE', range)} }`.replace(
          'LIST',
          `{ nodes { ${name} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`,
        ),
        { cursor },
      );
      const list =
        'films' in pages.list ? pages.list.films : 'recruits' in pages.list ? pages.list.recruits : pages.list;
      const found = list.nodes.map((node: Record<string, string>) => node[name]);
      names.push(...(isBackward ? found.reverse() : found));
      if (!(isBackward ? list.pageInfo.hasPreviousPage : list.pageInfo.hasNextPage)) return names;
      cursor = isBackward ? list.pageInfo.startCursor : list.pageInfo.endCursor;
    }
    return names;
  };
  const films = ['Harbour Lights', 'Harbour Lights Again', 'Rain over Kobe', 'The Glacier', 'Unrated'];
  expect(await walk('films(PAGE) LIST', 'title', 2)).toEqual(films);
  expect(await walk('films(PAGE) LIST', 'title', 2, true)).toEqual(films.toReversed());
  const customers = ['Mary', 'Jón', 'Hana'];
  expect(await walk('customers(PAGE) LIST', 'first_name', 1)).toEqual(customers);
  expect(await walk('customers(PAGE) LIST', 'first_name', 2, true)).toEqual(customers.toReversed());
  const language = `node(id: "${idOf('Language', 'en')}") { ... on Language { films(PAGE) LIST } }`;
  expect(await walk(language, 'title', 1)).toEqual(films.slice(0, 3));
  expect(await walk(language, 'title', 2, true)).toEqual(films.slice(0, 3).toReversed());
  const mary = `node(id: "${idOf('Customer', MARY)}") { ... on Customer { recruits(PAGE) LIST } }`;
  expect(await walk(mary, 'first_name', 1)).toEqual(['Jón', 'Hana']);
  expect(await walk(mary, 'first_name', 1, true)).toEqual(['Hana', 'Jón']);
});

test('a cursor of another list is refused', async () => {
  const { customers } = await ask('{ customers(first: 1) { pageInfo { endCursor } } }');
  const cursor = customers.pageInfo.endCursor;
  const { errors } = await app.query('query ($cursor: String) { films(after: $cursor) { nodes { title } } }', {
    cursor,
  });
  expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
});
