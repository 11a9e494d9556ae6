import type { App } from 'gather';
import { signedIn, startTestApp, type TestApp } from 'gather/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Roles } from '../../../src/gather/viewer.ts';
import { AUDIENCE, ISSUER, type Issuer, startIssuer } from '../../helpers/issuer.ts';
import { filmRental } from './index.ts';

const MARY = '11111111-1111-4111-8111-111111111111';
const RENTALS = '{ rentals { nodes { id } totalCount } }';

const idOf = (type: string, key: string | number) => btoa(`${type}:${key}`);
/** Mary's rentals, in the order of their keys. */
const HERS = [idOf('Rental', 1), idOf('Rental', 4)];
const HIS = idOf('Rental', 2);

let issuer: Issuer;
let app: TestApp;

beforeAll(async () => {
  issuer = await startIssuer();
  app = await startTestApp(filmRental, {
    environment: {
      JWT_JWKS_URL: issuer.jwksUrl,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      JWT_OWNER_CLAIM: 'customer_id',
    },
  });
});
beforeEach(() => void app.cost());
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await issuer.server.close();
});

/** Asks with a token that has these claims. */
async function askWith(claims: Record<string, unknown>, query: string, variables = {}) {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${await issuer.sign(claims)}`,
  };
  const init = { method: 'POST', headers, body: JSON.stringify({ query, variables }) };
  const response = await app.server.fetch('http://gather/graphql', init);
  return { status: response.status, ...((await response.json()) as Awaited<ReturnType<TestApp['query']>>) };
}

test('a customer by a claim has their rentals, in every list and by every key', async () => {
  const ask = async (query: string, variables = {}) => {
    const { data, errors } = await askWith({ customer_id: MARY }, query, variables);
    expect(errors).toBeUndefined();
    return data;
  };

  expect((await ask(RENTALS)).rentals).toEqual({ nodes: HERS.map((id) => ({ id })), totalCount: 2 });
  expect(app.cost()).toEqual({ statements: 2, calls: 0 });

  const page = await ask('{ rentals(first: 1) { nodes { id } pageInfo { hasNextPage endCursor } } }');
  expect(page.rentals).toMatchObject({ nodes: [{ id: HERS[0] }], pageInfo: { hasNextPage: true } });
  const after = page.rentals.pageInfo.endCursor;
  const next = await ask('query ($after: String) { rentals(first: 1, after: $after) { nodes { id } } }', { after });
  expect(next.rentals.nodes).toEqual([{ id: HERS[1] }]);
  expect(app.cost()).toEqual({ statements: 2, calls: 0 });

  const byKey = await ask(
    `query ($hers: ID!, $his: ID!) {
      hers: rental(by: { id: $hers }) { due_on }
      his: rental(by: { id: $his }) { due_on }
      node(id: $his) { id }
      nodes(ids: [$his, $hers]) { id }
    }`,
    { hers: HERS[0], his: HIS },
  );
  expect(byKey).toEqual({ hers: { due_on: '2026-09-04' }, his: null, node: null, nodes: [null, { id: HERS[0] }] });
  expect(app.cost()).toEqual({ statements: 1, calls: 0 });

  const nested = await ask('{ customers { nodes { first_name rentals { nodes { id } totalCount } } } }');
  expect(nested.customers.nodes).toEqual([
    { first_name: 'Mary', rentals: { nodes: HERS.toReversed().map((id) => ({ id })), totalCount: 2 } },
    { first_name: 'Jón', rentals: { nodes: [], totalCount: 0 } },
    { first_name: 'Hana', rentals: { nodes: [], totalCount: 0 } },
  ]);
  expect(app.cost()).toEqual({ statements: 3, calls: 0 });

  const mine = await ask('{ copies(where: { rentals: { some: {} } }) { nodes { id } } }');
  expect(mine.copies.nodes).toEqual([{ id: idOf('Copy', 1) }, { id: idOf('Copy', 3) }]);
  const others = await ask('{ copies(where: { rentals: { none: {} } }) { nodes { id } } }');
  expect(others.copies.nodes).toHaveLength(3);
  expect(app.cost()).toEqual({ statements: 2, calls: 0 });

  const extend = `mutation ($id: ID!) {
    extendRental(id: $id, due_on: "2026-12-24") { rental { due_on } userErrors { code field } }
  }`;
  expect((await ask(extend, { id: HIS })).extendRental).toEqual({
    rental: null,
    userErrors: [{ code: 'NOT_FOUND', field: ['id'] }],
  });
  expect(app.cost()).toEqual({ statements: 1, calls: 0 });
  expect((await ask(extend, { id: HERS[1] })).extendRental.rental).toEqual({ due_on: '2026-12-24' });
});

test('a list of own rows uses the index of the column', async () => {
  await askWith({ customer_id: MARY }, RENTALS);
  const [page = '', count = ''] = app.sent().statements;
  const url = new URL(app.databaseUrl);
  url.searchParams.set('options', '-c enable_seqscan=off');
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    for (const text of [page, count]) {
      const { rows } = await client.query(`explain (generic_plan) ${text}`);
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Cond: \(customer_id = \$\d/);
    }
  } finally {
    await client.end();
  }
});

test.each([
  ['is no UUID', { customer_id: 'mary' }],
  ['is a number', { customer_id: 7 }],
  ['is missing', {}],
  ['is null', { customer_id: null }],
])('who has a claim that %s owns nothing', async (_, claims) => {
  const { data, errors } = await askWith(claims, RENTALS);
  expect(errors).toBeUndefined();
  expect(data.rentals).toEqual({ nodes: [], totalCount: 0 });
  const byKey = await askWith(claims, 'query ($id: ID!) { node(id: $id) { id } }', { id: HERS[0] });
  expect(byKey.data).toEqual({ node: null });
});

test.each([
  ['the owner of what everybody sees', 'public'],
  ['that one in spaces, which some columns ignore', 'public '],
  ['an account of the server', 'user:1'],
  ['a subject of an issuer', 'jwt:1f2e3d4c:ann'],
  ['nothing', ''],
  ['a text that no column holds', 'a\0'],
  ['half a character', '\ud800'],
  ['a text without end', 'x'.repeat(256)],
  ['a list', [MARY]],
  ['a fraction', 1.5],
  ['a number that is not exact', 2 ** 53],
  ['a truth', true],
])('a claim that names %s is refused', async (_, customer_id) => {
  const { status, errors } = await askWith({ customer_id }, RENTALS);
  expect(status).toBe(401);
  expect(errors?.[0]?.message).toMatch(
    /^Expected a valid token, got an invalid one: expected as `customer_id` a text of/,
  );
  expect(app.cost().statements).toBe(0);
});

test("of rows that are streamed, each that is somebody else's is hidden", async () => {
  const { data } = await askWith({ customer_id: MARY }, '{ allRentals { id } }');
  expect(data.allRentals).toEqual([{ id: HERS[0] }, null, null, { id: HERS[1] }]);
});

test('STAFF sees the rentals of all', async () => {
  const { data } = await askWith({ customer_id: MARY, role: 'STAFF' }, RENTALS);
  expect(data.rentals.totalCount).toBe(4);
});

/** The film rental with an owner of each object of a type. */
function withOwner(type: string, by: string): App {
  const sdl = filmRental.sdl.replace(
    `type ${type} implements Node {`,
    `type ${type} implements Node @owned(by: "${by}") {`,
  );
  return { ...filmRental, sdl };
}

test.each([
  ['Country', 'country_id', 'smallint', '2', ['02', '2.0', '40000', ' 2']],
  ['City', 'city_id', 'integer', '2', ['3000000000', 'x']],
  ['Copy', 'inventory_id', 'bigint', '9007199254740993', ['9007199254740992', '9223372036854775808']],
  ['Language', 'language_code', 'text', 'is', ['IS', 'is-']],
  ['Currency', 'code', 'bpchar', 'ISK', ['isk', 'IS']],
])('an owner of %s by %s, a %s, is found by its key', async (type, by, _, key, others) => {
  await using owned = await startTestApp(withOwner(type, by));
  const ask = async (owner: string) => {
    const asking = { viewer: signedIn('CUSTOMER', owner) };
    const { data, errors } = await owned.query(
      'query ($id: ID!) { node(id: $id) { id } }',
      { id: idOf(type, key) },
      asking,
    );
    expect(errors).toBeUndefined();
    return data.node;
  };
  expect(await ask(key)).toEqual({ id: idOf(type, key) });
  for (const other of others) expect(await ask(other)).toBeNull();
});

test('a UUID in upper case and a text that its column pads are the same keys', async () => {
  const key = 'abcdefab-cdef-4bcd-8fab-cdefabcdefab';
  await app.ask(
    `insert into customer (customer_id, first_name, last_name, store_id) values ('${key}', 'Ed', 'Low', 1)`,
  );
  await app.ask(
    `insert into rental (rental_id, inventory_id, customer_id, lent_by, period, due_on)
     values (50, 1, '${key}', 1, '[2026-01-01,2026-01-02)', '2026-01-02')`,
  );
  const query = 'query ($id: ID!) { node(id: $id) { id } rentals { nodes { id } } }';
  const id = idOf('Rental', 50);
  const { data } = await askWith({ customer_id: key.toUpperCase() }, query, { id });
  expect(data).toEqual({ node: { id }, rentals: { nodes: [{ id }] } });

  await using owned = await startTestApp(withOwner('Currency', 'code'));
  await owned.ask(`insert into accounting.currency values ('X', 'None')`);
  const padded = { id: idOf('Currency', 'X  ') };
  const found = await owned.query('query ($id: ID!) { node(id: $id) { id } }', padded, {
    viewer: signedIn('CUSTOMER', 'X'),
  });
  expect(found.data.node).toEqual(padded);
});

test('lists of owners by a bigint have what is theirs, and nothing for keys that it cannot be', async () => {
  await using owned = await startTestApp(withOwner('Copy', 'inventory_id'));
  const ask = async (owner: string) =>
    (await owned.query('{ copies { nodes { id } } }', {}, { viewer: signedIn('CUSTOMER', owner) })).data.copies.nodes;
  expect(await ask('9007199254740993')).toEqual([{ id: idOf('Copy', '9007199254740993') }]);
  for (const other of ['9007199254740992', '9223372036854775808', 'one', 'public', '1e0']) {
    expect(await ask(other)).toEqual([]);
  }
  expect((await owned.query('{ copies { nodes { id } } }')).data.copies.nodes).toEqual([]);
});

test('an owner whose values may be equal in several texts is refused at start', async () => {
  await expect(startTestApp(withOwner('Login', 'logged_in_at'))).rejects.toThrow(
    'Login: @owned(by: "logged_in_at") names a column of type timestamptz. Expected one of smallint, integer, bigint, numeric, uuid, text, bpchar.',
  );
});

test('owners are refused where everybody who signs in sees everything', async () => {
  const roles = new Roles(['ANONYMOUS', 'STAFF']);
  const sdl = filmRental.sdl.replace('  CUSTOMER\n', '').replace('requires: CUSTOMER', 'requires: STAFF');
  await expect(startTestApp({ ...filmRental, sdl, roles })).rejects.toThrow(
    'Rental: @owned(by: "customer_id") has no effect: everybody who signs in has the last role, STAFF, which sees the objects of all.',
  );
});
