import { type App, GatherError, param, type ViewerFrom } from 'gather';
import { type Answer, startTestApp, type TestApp } from 'gather/testing';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { filmRental } from './index.ts';

const MARY = '11111111-1111-4111-8111-111111111111';
const RENTALS = '{ rentals { totalCount } }';

interface Reply extends Answer {
  status: number;
  headers: Headers;
}

/** The film rental, whose viewers somebody else identifies. */
const identifiedBy = (viewerFrom: ViewerFrom): App => ({ ...filmRental, viewerFrom });

async function send({ server }: TestApp, query: string, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await server.fetch('http://gather/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, headers: response.headers, ...((await response.json()) as Answer) };
}

/** Sends a GET as any page can have a browser do. */
async function visit({ server }: TestApp, query: string, headers: Record<string, string> = {}): Promise<Reply> {
  const url = `http://gather/graphql?${new URLSearchParams({ query })}`;
  const response = await server.fetch(url, { headers: { accept: 'application/json', ...headers } });
  return { status: response.status, headers: response.headers, ...((await response.json()) as Answer) };
}

/** By headers of a gateway. */
const byGateway = identifiedBy(({ headers }) => {
  const owner = headers.get('x-customer');
  return owner === null ? null : { owner, role: headers.has('x-staff') ? 'STAFF' : 'CUSTOMER' };
});

test('by the header of a gateway a customer has their rentals, for no statement', async () => {
  await using app = await startTestApp(byGateway);
  app.cost();
  expect((await send(app, RENTALS, { 'x-customer': MARY })).data.rentals.totalCount).toBe(2);
  expect((await visit(app, RENTALS, { 'x-customer': MARY })).data.rentals.totalCount).toBe(2);
  expect((await send(app, RENTALS, { 'x-customer': MARY, 'x-staff': '1' })).data.rentals.totalCount).toBe(4);
  expect((await send(app, RENTALS)).data.rentals.totalCount).toBe(0);
  expect(app.cost()).toEqual({ statements: 4, calls: 0 });
});

test('of a request that the application does not know, tokens of the server decide', async () => {
  await using app = await startTestApp(byGateway);
  const { status } = await send(app, RENTALS, { authorization: 'Bearer x' });
  expect(status).toBe(401);
  const known = await send(app, RENTALS, { authorization: 'Bearer x', 'x-customer': MARY });
  expect(known.data.rentals.totalCount).toBe(2);
});

test('who is neither known to the application nor to the server is nobody', async () => {
  for (const nobody of [null, undefined]) {
    await using app = await startTestApp(identifiedBy(() => nobody));
    const { data, errors } = await send(app, '{ stores { store_id } rentals { totalCount } }');
    expect(errors).toBeUndefined();
    expect(data.rentals.totalCount).toBe(0);
  }
});

test('no answer is for shared caches: they cannot know the headers that it depends on', async () => {
  const environment = { CACHE_SECONDS: '60' };
  await using app = await startTestApp(byGateway, { environment });
  expect((await visit(app, '{ stores { store_id } }')).headers.get('cache-control')).toBe('no-store');
  await using plain = await startTestApp(filmRental, { environment });
  expect((await visit(plain, '{ stores { store_id } }')).headers.get('cache-control')).toBe('public, max-age=60');
});

test.each(['public', 'user:1', 'jwt:1f2e3d4c:ann', '', ' '])('the owner "%s" is refused', async (owner) => {
  await using app = await startTestApp(identifiedBy(() => ({ owner })));
  const { status, errors } = await send(app, RENTALS);
  expect(status).toBe(401);
  expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
});

test('a viewer without a role has the first of users, and a key may be a number', async () => {
  await using app = await startTestApp(identifiedBy(() => ({ owner: 7 })));
  const { data, errors } = await send(app, `{ rentals { totalCount } }`);
  expect({ data, errors }).toEqual({ data: { rentals: { totalCount: 0 } }, errors: undefined });
});

test('a role that is none of users is a fault: the viewer is nobody, and what may be theirs fails', async () => {
  await using app = await startTestApp(identifiedBy(() => ({ owner: MARY, role: 'ADMIN' as 'STAFF' })));
  const { data, errors } = await send(app, '{ stores { store_id } rentals { totalCount } }');
  expect(data).toEqual({ stores: [{ store_id: 1 }, { store_id: 2 }], rentals: null });
  expect(errors).toMatchObject([{ path: ['rentals'], extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
});

test('while the application cannot tell, everybody gets what is for everybody', async () => {
  const down = new GatherError('UPSTREAM_UNAVAILABLE', 'The identity service is down.', { retryable: true });
  await using app = await startTestApp(identifiedBy(() => Promise.reject(down)));
  const { status, data, errors } = await send(app, '{ stores { store_id } rentals { totalCount } }');
  expect(status).toBe(200);
  expect(data).toEqual({ stores: [{ store_id: 1 }, { store_id: 2 }], rentals: null });
  expect(errors).toMatchObject([{ path: ['rentals'], extensions: { code: 'UPSTREAM_UNAVAILABLE' } }]);
});

test('an application that never answers ends with the operation', async () => {
  await using app = await startTestApp(
    identifiedBy(() => new Promise(() => {})),
    { environment: { OPERATION_TIMEOUT_MS: '100' } },
  );
  const { errors } = await send(app, RENTALS);
  expect(errors).toMatchObject([{ extensions: { code: 'DEADLINE_EXCEEDED' } }]);
});

/** By the sessions of another program, in a table of its own, and a cookie. */
const bySession = identifiedBy(async ({ headers }, { database }) => {
  const [, id] = /(?:^|; )sid=(\w+)/.exec(headers.get('cookie') ?? '') ?? [];
  if (id === undefined) return null;
  const statement = database.bind(
    'webSession',
    () => sql<{ owner: string }>`select customer_id as owner from web_session where id = ${param('id')}`,
    { id },
  );
  const [session] = (await database.run(statement, { name: 'webSession' })).rows;
  if (!session) throw new GatherError('UNAUTHENTICATED', 'Your session is over. Sign in again.');
  return session;
});

async function startBySession(environment: Record<string, string> = {}): Promise<TestApp> {
  const app = await startTestApp(bySession, { environment });
  await app.ask('create table web_session (id text primary key, customer_id uuid not null)');
  await app.ask(`insert into web_session values ('mary', $1)`, [MARY]);
  app.cost();
  return app;
}

test('by a table of sessions a customer has their rentals, for one statement more, which is measured', async () => {
  await using app = await startBySession();
  const { data, extensions } = await send(app, RENTALS, { cookie: 'a=b; sid=mary' });
  expect(data.rentals.totalCount).toBe(2);
  expect(app.cost()).toEqual({ statements: 2, calls: 0 });
  expect(extensions?.['timing']).toMatchObject({ calls: [{ name: 'webSession' }, { name: 'rentals.totalCount' }] });
});

test('the cookie does not count where another page may have sent it', async () => {
  await using app = await startBySession();
  expect((await visit(app, RENTALS, { cookie: 'sid=mary' })).data.rentals.totalCount).toBe(0);
  const own = { cookie: 'sid=mary', 'x-gather-preflight': '1' };
  expect((await visit(app, RENTALS, own)).data.rentals.totalCount).toBe(2);
});

test('sessions that are over are refused, and cost their address; a good one is taken among them', async () => {
  await using app = await startBySession({ COST_BUCKET: '100', COST_RESTORE: '1' });
  const ask = (id: string) => send(app, '{ __typename }', { cookie: `sid=${id}` });
  const replies = await Promise.all(Array.from({ length: 15 }, (_, index) => ask(`gone${index}`)));
  expect(replies.map(({ status }) => status)).toEqual([...Array(10).fill(401), ...Array(5).fill(429)]);
  expect(replies[0]?.errors?.[0]?.message).toBe('Your session is over. Sign in again.');
  expect((await ask('mary')).status).toBe(200);
});
