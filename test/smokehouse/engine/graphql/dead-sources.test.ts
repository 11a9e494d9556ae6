import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { getNullableType, isListType, isNonNullType, isObjectType } from 'graphql';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { engineResolvers } from '../../../../src/gather/engine-resolvers.ts';
import { toResolvers } from '../../../../src/gather/graphql/schema.ts';
import { smokehouse } from '../../../../src/smokehouse/index.ts';
import { type Answer, STAFF_TOKEN, startTestApp, type TestApp } from '../../../helpers/app.ts';
import { TEST_TABLES } from '../../../helpers/database.ts';
import { schema } from '../../../helpers/schema.ts';
import type { Fault } from '../../../helpers/services.ts';

type Data = Answer['data'];
type Path = readonly (string | number)[];

const NOWHERE = 'postgres://gather@127.0.0.1:1/gather';
const ITEM_1 = Buffer.from('Item:1').toString('base64');

describe('a database that is dead', () => {
  let gather: TestApp;

  beforeAll(async () => {
    gather = await startTestApp({ databaseUrl: NOWHERE });
  });
  afterAll(() => gather.close());

  test('costs the home page what it reads of it, and not the promo and what is recommended', async () => {
    const { data, errors = [] } = await gather.query(
      '{ home { promo { title item { sku } } recommendations { reason item { sku } } featured { sku } } }',
    );
    expect(data.home.promo).toEqual({ title: 'Brisket week', item: null });
    expect(data.home.recommendations).toHaveLength(10);
    for (const each of data.home.recommendations) expect(each).toEqual({ reason: expect.any(String), item: null });
    expect(data.home.featured).toBeNull();
    expect(errors).toHaveLength(12);
    for (const { extensions } of errors) expect(extensions?.['code']).toBe('DATABASE_UNAVAILABLE');
  });

  test('costs none of the fields that are asked for beside it', async () => {
    const { data, errors = [] } = await gather.query(`{
      home { promo { title } } about { name } quotes(count: 2) { quotes { price } } viewer { name }
      menu { count exists first { sku } last { sku } price { sum } items { nodes { sku } totalCount } all { sku } }
      item(by: { sku: "SKU-00001" }) { sku } node(id: "${ITEM_1}") { id } nodes(ids: ["${ITEM_1}"]) { id }
      tasks { nodes { id } } orders { edges { cursor } } jobs { pageInfo { hasNextPage } totalCount }
      schedules { name lastJob { id } } job(id: "${Buffer.from('Job:1').toString('base64')}") { id }
      dailyStatistics(from: "2026-01-01", to: "2026-01-02") { date }
    }`);
    expect(data).toEqual({
      home: { promo: { title: 'Brisket week' } },
      about: { name: expect.any(String) },
      quotes: { quotes: Array(2).fill({ price: expect.any(String) }) },
      viewer: { name: 'Pitmaster' },
      menu: { count: null, exists: null, first: null, last: null, price: null, items: null, all: null },
      ...{ item: null, node: null, nodes: [null], tasks: null, orders: null, jobs: null, job: null },
      schedules: Array(4).fill({ name: expect.any(String), lastJob: null }),
      dailyStatistics: null,
    });
    expect(new Set(errors.map(({ extensions }) => extensions?.['code']))).toEqual(new Set(['DATABASE_UNAVAILABLE']));
  });

  test.each(['multipart/mixed', 'text/event-stream'])(
    'costs the parts of an answer what they read: %s',
    async (accept) => {
      const query =
        '{ about { name } menu { count all @stream { sku } } home { promo { title } ... @defer { featured { sku } } } }';
      const text = await (await gather.request(query, {}, { headers: { accept } })).text();
      // A list whose stream has begun is there, and its end says why there is no more of it.
      expect(text).toContain('"menu":{"count":null,"all":[]}');
      expect(text).toMatch(/"completed":\[\{"id":"\d","errors":\[\{"message":"The database cannot be reached/);
      expect(text).toContain('"Brisket week"');
      expect(text).toContain('"featured":null');
    },
  );

  test('costs whoever is signed in nothing that is for everybody', async () => {
    const { url } = await gather.app.start();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${STAFF_TOKEN}` },
      body: JSON.stringify({
        query: '{ home { promo { title } featured { sku } } viewer { name } tasks { nodes { id } } }',
      }),
    });
    expect(await response.json()).toMatchObject({
      data: { home: { promo: { title: 'Brisket week' }, featured: null }, viewer: null, tasks: null },
    });
  });

  test('costs a mutation itself, and not those beside it', async () => {
    const { data, errors } = await gather.query(
      'mutation { before: smokeSomeMeats { message } createTask(input: { title: "Stoke" }) { task { id } } after: smokeSomeMeats { message } }',
    );
    expect(data).toEqual({
      before: { message: expect.stringContaining('Smoked') },
      createTask: null,
      after: { message: expect.stringContaining('Smoked') },
    });
    expect(errors).toMatchObject([{ path: ['createTask'], extensions: { code: 'DATABASE_UNAVAILABLE' } }]);
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
          '{ home { promo { title } recommendations { reason } featured { sku } } menu { count } quotes(count: 1) { quotes { price } } }',
      }),
    });
    const { data, errors = [] } = (await response.json()) as Answer;
    expect({ data }).toMatchObject({
      data: {
        home: { promo: { title: 'Brisket week' }, recommendations: Array(10).fill({}), featured: null },
        menu: { count: null },
        quotes: { quotes: [{ price: expect.any(String) }] },
      },
    });
    expect(errors.map(({ path }) => path?.join('.')).toSorted()).toEqual(['home.featured', 'menu.count']);
    for (const socket of sockets) socket.destroy();
    silent.close();
    await gather.close();
  });
});

describe('a service that is dead, or hangs', () => {
  const SERVICE_FIELDS = {
    promo: [['home', 'promo']],
    recommendations: [['home', 'recommendations']],
    pricing: [['menu', 'first', 'currentPrice']],
    inventory: [['menu', 'first', 'stock']],
    suppliers: [],
  } as const satisfies Record<string, Path[]>;
  const TOGETHER = `{
    home { promo { title } recommendations { reason } featured { sku } } about { name }
    menu { count first { sku currentPrice stock supplier { name } } } quotes(count: 2) { quotes { supplier } }
    tasks { nodes { title } }
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
    expect(errors.map(({ path }) => path)).toEqual(SERVICE_FIELDS[service]);
    if (service === 'suppliers') delete data.quotes;
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
    menu { count items(first: 2) { totalCount nodes { sku supplier { name } averageRating
      reviews(first: 1) { totalCount nodes { rating customer { name } item { sku } } } } } }
    node(id: "${Buffer.from('Supplier:1').toString('base64')}") { id }
    tasks(first: 1) { nodes { title } }
  }`;
  let gather: TestApp;

  beforeAll(async () => {
    gather = await startTestApp();
  });
  afterAll(() => gather.close());

  test.each([
    ['supplier', /^(menu\.items\.nodes\.\d\.supplier|node)$/],
    ['customer', /^menu\.items\.nodes\.\d\.reviews\.nodes\.\d\.customer$/],
    ['review', /^menu\.items\.nodes\.\d\.(averageRating|reviews)$/],
    ['task', /^tasks$/],
  ])('costs the fields that read it: %s', async (table, fields) => {
    const { data: whole, errors: none } = await gather.query(PAGE);
    expect(none).toBeUndefined();
    await gather.database.ask(`alter table ${table} rename to away`);
    const { data, errors = [] } = await gather.query(PAGE);
    await gather.database.ask(`alter table away rename to ${table}`);
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
    await gather.database.ask('alter table supplier rename to away');
    const { data, errors } = await gather.query(
      `mutation { updateItem(input: { id: "${ITEM_1}", name: "Rib" }) { item { name supplier { name } } userErrors { code } } }`,
    );
    await gather.database.ask('alter table away rename to supplier');
    expect(data).toEqual({ updateItem: { item: { name: 'Rib', supplier: null }, userErrors: [] } });
    expect(errors).toMatchObject([{ path: ['updateItem', 'item', 'supplier'] }]);
  });
});

describe('the schema', () => {
  /** Those that a resolver computes of what its parent has: they read nothing, and cannot fail. */
  const COMPUTED = [
    'Query.home',
    // Of the statement that reads the page, which is the connection's own.
    ...['edges', 'nodes', 'pageInfo'].map((field) => `Connection.${field}`),
    'Edge.cursor',
    ...['Certificate', 'Customer', 'Item', 'Job', 'Order', 'Review', 'StoredFile', 'Supplier', 'Task', 'User'].map(
      (type) => `${type}.id`,
    ),
    'Job.attempts',
    'OrderLine.total',
    ...['StoredFile.size', 'StoredFile.url', 'Upload.url'],
    'User.name',
  ];
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'));

  test('has no field that can fail and must not be null', () => {
    const source = { ...smokehouse, definitions: TEST_TABLES.definitions, engineResolvers };
    const given = toResolvers(schema, source) as Record<string, Record<string, unknown> | undefined>;
    const found = types.flatMap((type) =>
      Object.values(isObjectType(type) ? type.getFields() : {})
        .filter((field) => isNonNullType(field.type) && given[type.name]?.[field.name] !== undefined)
        .map((field) => `${type.name.replace(/^\w+(?=Connection$|Edge$)/, '')}.${field.name}`),
    );
    expect([...new Set(found)].toSorted()).toEqual(COMPUTED.toSorted());
  });

  test('has lists whose elements are never null, but for those of IDs that clients give', () => {
    const found = types.flatMap((type) =>
      Object.values(isObjectType(type) ? type.getFields() : {})
        .filter(({ type: of }) => {
          const list = getNullableType(of);
          return isListType(list) && !isNonNullType(list.ofType);
        })
        .map((field) => `${type.name}.${field.name}`),
    );
    expect(found).toEqual(['Query.nodes']);
  });
});
