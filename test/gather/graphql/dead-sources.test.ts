import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { getNullableType, isListType, isNonNullType, isObjectType } from 'graphql';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { engineResolvers } from '../../../src/gather/engine-resolvers.ts';
import { toResolvers } from '../../../src/gather/graphql/schema.ts';
import { type Answer, STAFF, STAFF_TOKEN, startTestApp, type TestApp } from '../../helpers/app.ts';
import { TEST_TABLES } from '../../helpers/database.ts';
import { schema } from '../../helpers/schema.ts';
import type { Fault } from '../../helpers/services.ts';
import { library } from '../library/index.ts';

type Data = Answer['data'];
type Path = readonly (string | number)[];

const NOWHERE = 'postgres://gather@127.0.0.1:1/gather';
const BOOK_1 = btoa('Book:1');
const PICK = { title: 'Book of the day' };

describe('a database that is dead', () => {
  let gather: TestApp;

  beforeAll(async () => {
    gather = await startTestApp({ databaseUrl: NOWHERE });
  });
  afterAll(() => gather.close());

  test('costs the front page what it reads of it, and not the pick and the arrivals', async () => {
    const { data, errors = [] } = await gather.query(
      '{ front { pick { title book { isbn } } arrivals { reason book { isbn } } newest { isbn } } }',
    );
    expect(data.front.pick).toEqual({ ...PICK, book: null });
    expect(data.front.arrivals).toHaveLength(5);
    for (const each of data.front.arrivals) expect(each).toEqual({ reason: expect.any(String), book: null });
    expect(data.front.newest).toBeNull();
    expect(errors).toHaveLength(7);
    for (const { extensions } of errors) expect(extensions?.['code']).toBe('DATABASE_UNAVAILABLE');
  });

  test('costs none of the fields that are asked for beside it', async () => {
    const { data, errors = [] } = await gather.query(`{
      front { pick { title } } about { name } opinions(count: 2) { opinions { rating } } viewer { name }
      catalogue { count exists first { isbn } last { isbn } price { sum } books { nodes { isbn } totalCount } all { isbn } }
      book(by: { isbn: "ISBN-00001" }) { isbn } node(id: "${BOOK_1}") { id } nodes(ids: ["${BOOK_1}"]) { id }
      books { nodes { id } } loans { edges { cursor } } jobs { pageInfo { hasNextPage } totalCount }
      schedules { name lastJob { id } } job(id: "${btoa('Job:1')}") { id }
    }`);
    expect(data).toEqual({
      front: { pick: PICK },
      about: { name: expect.any(String) },
      opinions: { opinions: [{ rating: 1 }, { rating: 2 }] },
      viewer: { name: STAFF.user?.name },
      catalogue: { count: null, exists: null, first: null, last: null, price: null, books: null, all: null },
      ...{ book: null, node: null, nodes: [null], books: null, loans: null, jobs: null, job: null },
      // Three of the engine, and the library's own.
      schedules: Array(4).fill({ name: expect.any(String), lastJob: null }),
    });
    expect(new Set(errors.map(({ extensions }) => extensions?.['code']))).toEqual(new Set(['DATABASE_UNAVAILABLE']));
  });

  test.each(['multipart/mixed', 'text/event-stream'])(
    'costs the parts of an answer what they read: %s',
    async (accept) => {
      const query =
        '{ about { name } catalogue { count all @stream { isbn } } front { pick { title } ... @defer { newest { isbn } } } }';
      const text = await (await gather.request(query, {}, { headers: { accept } })).text();
      // A list whose stream has begun is there, and its end says why there is no more of it.
      expect(text).toContain('"catalogue":{"count":null,"all":[]}');
      expect(text).toMatch(/"completed":\[\{"id":"\d","errors":\[\{"message":"The database cannot be reached/);
      expect(text).toContain('"pick":{"title":"Book of the day"}');
      expect(text).toContain('"newest":null');
    },
  );

  test('costs whoever is signed in nothing that is for everybody', async () => {
    const { url } = await gather.app.start();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${STAFF_TOKEN}` },
      body: JSON.stringify({
        query: '{ front { pick { title } newest { isbn } } viewer { name } loans { nodes { id } } }',
      }),
    });
    expect(await response.json()).toMatchObject({
      data: { front: { pick: PICK, newest: null }, viewer: null, loans: null },
    });
  });

  test('costs a mutation itself, and not those beside it', async () => {
    const { data, errors } = await gather.query(
      `mutation {
        before: signOut { signedOut }
        createBook(input: { isbn: "ISBN-1", title: "New", price: "1", authorId: "${btoa('Author:1')}" }) { book { id } }
        after: signOut { signedOut }
      }`,
    );
    expect(data).toEqual({
      before: { signedOut: false },
      createBook: null,
      after: { signedOut: false },
    });
    expect(errors).toMatchObject([{ path: ['createBook'], extensions: { code: 'DATABASE_UNAVAILABLE' } }]);
  });
});

describe('a database that takes connections and says nothing', () => {
  test.each([
    ['nobody', {}],
    ['a session', { authorization: `Bearer ${STAFF_TOKEN}` }],
  ])('costs what reads it, and the rest arrives once its time is up: for %s', async (_, proof) => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const gather = await startTestApp({ databaseUrl: `postgres://gather@127.0.0.1:${port}/gather` });
    const { url } = await gather.app.start();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...proof },
      body: JSON.stringify({
        query:
          '{ front { pick { title } arrivals { reason } newest { isbn } } catalogue { count } opinions(count: 1) { opinions { rating } } }',
      }),
    });
    const { data, errors = [] } = (await response.json()) as Answer;
    expect({ data }).toMatchObject({
      data: {
        front: { pick: PICK, arrivals: Array(5).fill({}), newest: null },
        catalogue: { count: null },
        opinions: { opinions: [{ rating: 1 }] },
      },
    });
    expect(errors.map(({ path }) => path?.join('.')).toSorted()).toEqual(['catalogue.count', 'front.newest']);
    for (const socket of sockets) socket.destroy();
    silent.close();
    await gather.close();
  });
});

describe('a service that is dead, or hangs', () => {
  const SERVICE_FIELDS = {
    ratings: [
      ['catalogue', 'first', 'rating'],
      ['front', 'pick'],
    ],
    shelves: [
      ['catalogue', 'first', 'shelf'],
      ['front', 'arrivals'],
    ],
  } as const satisfies Record<string, Path[]>;
  const TOGETHER = `{
    front { pick { title } arrivals { reason } newest { isbn } } about { name }
    catalogue { count first { isbn rating shelf author { name } } } opinions(count: 2) { opinions { rating } }
    books { nodes { title } }
  }`;
  let gather: TestApp;

  // A new server for each test, because a breaker remembers what happened before.
  beforeEach(async () => {
    gather = await startTestApp({ serviceTimeoutMs: 400 });
  });
  afterEach(() => gather.close());

  test.each(
    Object.keys(SERVICE_FIELDS).flatMap((name) => (['dead', 'hang'] as Fault[]).map((fault) => [name, fault] as const)),
  )('costs the fields that read it, of all that are asked together: %s, %s', async (name, fault) => {
    const service = name as keyof typeof SERVICE_FIELDS;
    const { data: whole, errors: none } = await gather.query(TOGETHER);
    expect(none).toBeUndefined();
    gather.services[service].fault = fault;
    const { data, errors = [] } = await gather.query(TOGETHER);
    expect(errors.map(({ path }) => path).toSorted()).toEqual(SERVICE_FIELDS[service]);
    if (service === 'ratings') {
      // An opinion says itself that it is not there.
      expect(data.opinions).toEqual({ opinions: [{ rating: null }, { rating: null }] });
      delete data.opinions;
    }
    expect(whole).toMatchObject(without(data, errors));
    expect(Object.keys(whole)).toEqual(expect.arrayContaining(Object.keys(data)));
  });

  /** What failed is left out of the comparison; what is there must be as it was. */
  function without(data: Data, errors: readonly { path?: Path | undefined }[]): Data {
    for (const { path = [] } of errors) {
      const parent = path.slice(0, -1).reduce((value: Data, step) => value[step], data);
      expect(parent[path.at(-1) as string]).toBeNull();
      delete parent[path.at(-1) as string];
    }
    return data;
  }
});

describe('a table that cannot be read', () => {
  const PAGE = `{
    catalogue { count books(first: 2) { totalCount nodes { isbn author { name } cover { name } isLent
      loans(first: 1) { totalCount nodes { dueOn book { isbn cover { name } } } } } } }
    node(id: "${btoa('Author:1')}") { id }
    loans(first: 1) { nodes { dueOn } }
    jobs(first: 1) { nodes { task } }
  }`;
  let gather: TestApp;

  beforeAll(async () => {
    gather = await startTestApp();
    await gather.database.ask(
      `with file as (
         insert into gather.file (key, name, type, size, sha256, owner)
         values (gen_random_uuid(), 'cover.png', 'image/png', 1, repeat('0', 64), 'public') returning id
       ) update book set "coverId" = file.id from file where book.id <= 2`,
    );
  });
  afterAll(() => gather.close());

  test.each([
    ['public', 'author', /^(catalogue\.books\.nodes\.\d\.author|node)$/],
    ['gather', 'file', /^catalogue\.books\.nodes\.\d\.(loans\.nodes\.\d\.book\.)?cover$/],
    ['lending', 'loan', /^(catalogue\.books\.nodes\.\d\.(isLent|loans)|loans)$/],
    ['gather', 'job', /^jobs$/],
  ])('costs the fields that read it: %s.%s', async (schemaName, table, fields) => {
    const { data: whole, errors: none } = await gather.query(PAGE);
    expect(none).toBeUndefined();
    await gather.database.ask(`alter table ${schemaName}.${table} rename to away`);
    const { data, errors = [] } = await gather.query(PAGE);
    await gather.database.ask(`alter table ${schemaName}.away rename to ${table}`);
    expect(errors.length).toBeGreaterThan(0);
    const expected = structuredClone(whole);
    for (const path of errors.map(({ path: at = [] }) => at)) {
      const known = path.findIndex((_, index) => fields.test(path.slice(0, index + 1).join('.')));
      expect(`${path.join('.')} ${known}`).not.toMatch(/ -1$/);
      const parent = path.slice(0, known).reduce((value: Data, step) => value[step], expected);
      parent[path[known] as string] = null;
    }
    expect(data).toEqual(expected);
  });

  test('costs what a mutation shows of it, and not what the mutation did', async () => {
    await gather.database.ask('alter table author rename to away');
    const { data, errors } = await gather.query(
      `mutation { updateBook(input: { id: "${BOOK_1}", title: "New" }) { book { title author { name } } userErrors { code } } }`,
    );
    await gather.database.ask('alter table away rename to author');
    expect(data).toEqual({ updateBook: { book: { title: 'New', author: null }, userErrors: [] } });
    expect(errors).toMatchObject([{ path: ['updateBook', 'book', 'author'] }]);
  });
});

describe('the schema', () => {
  /** Those that a resolver computes of what its parent has: they read nothing, and cannot fail. */
  const COMPUTED = [
    'Query.front',
    // Of the statement that reads the page, which is the connection's own.
    ...['edges', 'nodes', 'pageInfo'].map((field) => `Connection.${field}`),
    'Edge.cursor',
    ...['Author', 'Book', 'Genre', 'Job', 'Loan', 'StoredFile', 'User'].map((type) => `${type}.id`),
    'Job.attempts',
    ...['StoredFile.size', 'StoredFile.url', 'Upload.url'],
    'User.name',
  ];
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'));

  test('has no field that can fail and must not be null', () => {
    const source = { ...library, definitions: TEST_TABLES.definitions, engineResolvers };
    const given = toResolvers(schema, source) as Record<string, Record<string, unknown> | undefined>;
    const found = types.flatMap((type) =>
      Object.values(isObjectType(type) ? type.getFields() : {})
        .filter((field) => isNonNullType(field.type) && given[type.name]?.[field.name] !== undefined)
        .map((field) => `${type.name.replace(/^\w+(?=Connection$|Edge$)/, '')}.${field.name}`),
    );
    expect([...new Set(found)].toSorted()).toEqual(COMPUTED.toSorted());
  });

  test('has lists whose elements are never null, but for those that are known', () => {
    const found = types.flatMap((type) =>
      Object.values(isObjectType(type) ? type.getFields() : {})
        .filter(({ type: of }) => {
          const list = getNullableType(of);
          return isListType(list) && !isNonNullType(list.ofType);
        })
        .map((field) => `${type.name}.${field.name}`),
    );
    expect(found).toEqual([
      // Of IDs that clients give.
      'Query.nodes',
      // The library's own SDL leaves them open.
      ...['LoanConnection.edges', 'LoanConnection.nodes'],
    ]);
  });
});
