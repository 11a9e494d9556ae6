import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-sse';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { renewSession } from '../../../src/gather/accounts/session-rows.ts';
import { hashToken } from '../../../src/gather/accounts/token.ts';
import type { ViewerFrom } from '../../../src/gather/accounts/viewer-from.ts';
import { type Answer, STAFF_HEADERS, startTestApp, TEST_LIMITS, type TestApp } from '../../helpers/app.ts';
import { AUDIENCE, ISSUER, startIssuer } from '../../helpers/issuer.ts';
import { lockTable } from '../../helpers/lock.ts';
import { addUser, bearer, send, signIn } from '../../helpers/signed-in.ts';

const EMAIL = 'ann@library.example';
const PASSWORD = 'once upon a time';
const WHO = '{ viewer { email } }';
const WHO_URL = `http://gather/graphql?${new URLSearchParams({ query: WHO })}`;
const ANN = { email: EMAIL };
const DAY_MS = 86_400_000;

let gather: TestApp;
let url: string;
let userId: string;
let token: string;

beforeAll(async () => {
  gather = await startTestApp({ proxyHops: 1, statementTimeoutMs: 2000 });
  userId = await addUser(gather, { email: EMAIL, password: PASSWORD });
  ({ url } = await gather.app.start());
});
beforeEach(async () => {
  await gather.database.ask('truncate session, "signInAttempts"');
  await gather.database.ask(`update "user" set role = 'MEMBER' where id = $1`, [userId]);
  ({ token } = (await signIn(gather, EMAIL, PASSWORD)).data.signIn);
  gather.cost();
});
afterEach(() => void vi.useRealTimers());
afterAll(() => gather.close());

test('who comes with nothing is nobody, and costs no statement', async () => {
  expect((await send(gather, WHO)).data).toEqual({ viewer: null });
  expect(gather.cost().statements).toEqual([]);
});

test('who comes with a token costs one statement, which is measured', async () => {
  const { data, extensions } = await send(gather, WHO, bearer(token));
  expect(data).toEqual({ viewer: ANN });
  expect(gather.cost().statements).toHaveLength(1);
  expect(extensions?.timing.calls).toMatchObject([{ kind: 'postgres', name: 'session.find' }]);
});

test.each([
  ['another scheme', 'Basic YW5uOnB3'],
  ['no token', 'Bearer'],
  ['two tokens', 'Bearer a, Bearer b'],
  ['nothing', ''],
  ['a token that is none', 'Bearer gather_'],
  ['a token that nobody has', `Bearer gather_${'A'.repeat(43)}`],
  ['a JWT, where none are taken', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.'],
])('Authorization with %s is refused, whatever the operation', async (_, authorization) => {
  const { status, headers, ...answer } = await send(gather, '{ about { name } }', { authorization });
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toBe('Bearer');
  expect(answer.data).toBeUndefined();
  expect(answer.errors).toEqual([
    {
      message: 'Expected `Bearer` and the token of an active session, got something else. Sign in again.',
      extensions: { code: 'UNAUTHENTICATED', retryable: false },
    },
  ]);
});

test('what cannot be a token is refused without a statement', async () => {
  await send(gather, WHO, { authorization: `Bearer ${'x'.repeat(60)}` });
  expect(gather.cost().statements).toEqual([]);
});

test.each([
  ['Authorization', 401, bearer],
  ['the cookie', 200, cookie],
])('tokens in %s that are not good cost points of the address, and without these are refused', async (...row) => {
  const [, refused, toHeaders] = row;
  const limits = { ...TEST_LIMITS, costBucket: 100, costRestoredPerSecond: 1 };
  const small = await startTestApp({ limits });
  try {
    for (let sent = 0; sent < 15; sent++) {
      expect((await send(small, '{ viewer { role } }', STAFF_HEADERS)).data).toEqual({ viewer: { role: 'STAFF' } });
    }
    small.cost();
    const ask = (index: number) =>
      send(small, '{ __typename }', toHeaders(`gather_${String(index).padStart(43, 'A')}`));
    const replies = await Promise.all(Array.from({ length: 30 }, (_, index) => ask(index)));
    expect(replies.map(({ status }) => status)).toEqual([...Array(10).fill(refused), ...Array(20).fill(429)]);
    // Of the twenty, those that came within a tenth of a second together.
    expect(small.cost().statements.length).toBeLessThanOrEqual(13);
    const { errors, headers } = await ask(30);
    expect(errors).toMatchObject([{ extensions: { code: 'THROTTLED', retryable: true } }]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await small.close();
  }
});

test('good tokens are taken at once with thousands that are not, from one address', { timeout: 60_000 }, async () => {
  const crowded = await startTestApp({ limits: { ...TEST_LIMITS, costBucket: 1000, costRestoredPerSecond: 1 } });
  const who = '{ viewer { name } }';
  // Of 30 good ones each, at two points: fewer than their user has.
  const rounds = 15;
  try {
    crowded.cost();
    const statements: string[] = [];
    const refused: number[] = [];
    for (let round = 0; round < rounds; round++) {
      // One that this server has never seen.
      const fresh = `gather_${String(round).padStart(43, 'F')}`;
      await crowded.database.ask(
        `insert into session ("userId", "tokenHash", "expiresAt")
         select id, $1, now() + interval '14 days' from "user" where name = 'Staff'`,
        [hashToken(fresh)],
      );
      crowded.database.statements();
      const good = [bearer(fresh), cookie(fresh), STAFF_HEADERS].flatMap((headers) => Array(10).fill(headers));
      const bad = Array.from({ length: 100 }, (_, index) => bearer(`gather_${`${round}x${index}`.padStart(43, 'B')}`));
      const ask = (headers: Record<string, string>) => send(crowded, who, headers);
      const first = bad.splice(0, 80).map(ask);
      const [taken, others] = await Promise.all([
        Promise.all(good.map(ask)),
        Promise.all([...first, ...bad.map(ask), ...Array.from({ length: 20 }, () => ask(bearer('none')))]),
      ]);
      expect(new Set(taken.map(({ data }) => data?.viewer?.name))).toEqual(new Set(['Staff']));
      refused.push(...others.map(({ status }) => status));
      statements.push(...crowded.cost().statements);
    }
    expect(new Set(refused)).toEqual(new Set([401, 429]));
    expect(refused.filter((status) => status === 401).length).toBeLessThan(200);
    // Of 2,250 requests.
    expect(statements.length).toBeLessThan(225);
  } finally {
    await crowded.close();
  }
});

test('good JWTs are taken at once with many that are not, from one address', { timeout: 60_000 }, async () => {
  const issuer = await startIssuer();
  issuer.publish(issuer.key);
  const crowded = await startTestApp({
    limits: { ...TEST_LIMITS, costBucket: 160, costRestoredPerSecond: 1 },
    jwt: { jwksUrl: issuer.jwksUrl, issuer: ISSUER, audience: AUDIENCE, roleClaim: 'role' },
  });
  try {
    const good = await issuer.sign({ role: 'STAFF' });
    const bad = await issuer.sign({ aud: 'archive' });
    const ask = (token: string) => send(crowded, '{ viewer { role } }', bearer(token));
    const replies = await Promise.all(Array.from({ length: 240 }, (_, index) => ask(index % 3 === 0 ? good : bad)));
    for (const [index, { status, data }] of replies.entries()) {
      if (index % 3 === 0) expect(data).toEqual({ viewer: { role: 'STAFF' } });
      else expect([401, 429]).toContain(status);
    }
    expect(replies.filter(({ status }) => status === 401).length).toBeLessThan(20);
  } finally {
    await crowded.close();
    await issuer.server.close();
  }
});

test('the scheme is read without case', async () => {
  expect((await send(gather, WHO, { authorization: `bearer ${token}` })).data).toEqual({ viewer: ANN });
});

describe('a session', () => {
  test('that has expired is out', async () => {
    await gather.database.ask(`update session set "expiresAt" = now() - interval '1 second'`);
    expect((await send(gather, WHO, bearer(token))).status).toBe(401);
  });

  test('of a user who was disabled is out at once', async () => {
    await gather.database.ask('update "user" set "disabledAt" = now() where id = $1', [userId]);
    expect((await send(gather, WHO, bearer(token))).status).toBe(401);
    await gather.database.ask('update "user" set "disabledAt" = null where id = $1', [userId]);
  });

  test('of a user who has another role now has that role', async () => {
    await gather.database.ask(`update "user" set role = 'STAFF' where id = $1`, [userId]);
    expect((await send(gather, '{ viewer { role } }', bearer(token))).data.viewer).toEqual({ role: 'STAFF' });
  });

  test('is not put off in the first half of its time', async () => {
    await endIn('7 days 1 minute');
    gather.cost();
    await send(gather, WHO, bearer(token));
    expect(gather.cost().statements).toHaveLength(1);
    expect(await daysLeft()).toBeCloseTo(7, 1);
  });

  test('is put off in the second half of its time, by one write of all that would', async () => {
    await gather.database.ask(`create table write (); create function note() returns trigger language plpgsql
      as 'begin insert into write default values; return new; end';
      create trigger note after update on session for each row execute function note()`);
    await endIn('6 days 23 hours');
    const replies = await Promise.all(Array.from({ length: 5 }, () => send(gather, WHO, bearer(token))));
    expect(replies.map(({ data }) => data)).toEqual(Array(5).fill({ viewer: ANN }));
    expect(await daysLeft()).toBeCloseTo(14, 1);
    gather.cost();
    await send(gather, WHO, bearer(token));
    expect(gather.cost().statements).toHaveLength(1);
    // So would those who found it aging a moment before.
    const [session] = await gather.database.ask<{ id: string }>('select id from session');
    await renewSession(gather.database.database, session?.id ?? '');
    // One by `endIn`.
    expect(await gather.database.ask('select from write')).toHaveLength(2);
  });

  test('ends after ninety days, however often it is used', async () => {
    await gather.database.ask(`update session set "createdAt" = now() - interval '80 days'`);
    await endIn('2 days');
    await send(gather, WHO, bearer(token));
    expect(await daysLeft()).toBeCloseTo(10, 1);
    await gather.database.ask(`update session set "createdAt" = now() - interval '89 days'`);
    await endIn('1 day');
    gather.cost();
    await send(gather, WHO, bearer(token));
    expect(gather.cost().statements).toHaveLength(1);
  });
});

describe('the cookie', () => {
  test('is set by a sign-in, for the server alone', async () => {
    const { headers, data } = await signIn(gather, EMAIL, PASSWORD);
    const [cookie = '', ...others] = headers.getSetCookie();
    expect(others).toEqual([]);
    const [pair, ...attributes] = cookie.split('; ');
    expect(pair).toBe(`gather_session=${data.signIn.token}`);
    expect(attributes).toEqual([
      expect.stringMatching(/^Expires=\w{3}, .* GMT$/),
      'Path=/',
      'HttpOnly',
      'SameSite=Lax',
    ]);
    expect(Date.parse(attributes[0]?.slice('Expires='.length) ?? '')).toBeGreaterThan(Date.now() + 14 * DAY_MS);
  });

  test('says who asks', async () => {
    expect((await send(gather, WHO, cookie(token))).data).toEqual({ viewer: ANN });
    expect((await send(gather, WHO, { cookie: `a=b; gather_session=${token}; c=d` })).data).toEqual({ viewer: ANN });
    expect((await send(gather, WHO, { cookie: `my_gather_session=${token}` })).data).toEqual({ viewer: null });
  });

  test('counts less than Authorization', async () => {
    expect((await send(gather, WHO, { ...cookie(token), authorization: 'Bearer x' })).status).toBe(401);
  });

  test('that is no longer good is taken away, and its sender is nobody, who can sign in', async () => {
    const { status, headers, data } = await send(gather, WHO, cookie(`gather_${'A'.repeat(43)}`));
    expect({ status, data }).toEqual({ status: 200, data: { viewer: null } });
    expect(headers.getSetCookie()).toEqual([
      'gather_session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax',
    ]);
    const again = await signIn(gather, EMAIL, PASSWORD, cookie('old'));
    expect(again.headers.getSetCookie().at(-1)).toContain(`gather_session=${again.data.signIn.token}; `);
  });

  test('is taken away when its session ends, and when another one begins', async () => {
    const next = await signIn(gather, EMAIL, PASSWORD, cookie(token));
    expect(await gather.database.ask('select from session')).toHaveLength(1);
    const { headers } = await send(gather, 'mutation { signOut { signedOut } }', cookie(next.data.signIn.token));
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^gather_session=; Expires=Thu, 01 Jan 1970/)]);
    expect(await gather.database.ask('select from session')).toEqual([]);
  });

  test.each([
    ['a plain GET', {}, null],
    ['a GET with a type that forms have', { 'content-type': 'text/plain; application/json' }, null],
    ['a GET with a type that no form has', { 'content-type': 'application/json' }, ANN],
    ['a GET with apollo-require-preflight', { 'apollo-require-preflight': '1' }, ANN],
    ['a GET with x-gather-preflight', { 'x-gather-preflight': '1' }, ANN],
    ['a GET with x-apollo-operation-name', { 'x-apollo-operation-name': 'Who' }, ANN],
  ])('of %s counts only where no other page could have sent it', async (_, headers, viewer) => {
    const init = { headers: { accept: 'application/json', ...cookie(token), ...headers } };
    expect(await (await gather.app.fetch(WHO_URL, init)).json()).toMatchObject({ data: { viewer } });
  });

  test('a token in Authorization counts in a plain GET too', async () => {
    const init = { headers: { accept: 'application/json', ...bearer(token) } };
    expect(await (await gather.app.fetch(WHO_URL, init)).json()).toMatchObject({ data: { viewer: ANN } });
  });

  test('is set with an answer in parts too', async () => {
    const response = await gather.app.fetch('http://gather/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'multipart/mixed' },
      body: JSON.stringify({
        query: `mutation { signIn(input: { email: "${EMAIL}", password: "${PASSWORD}" }) {
          token ... @defer { viewer { email } }
        } }`,
      }),
    });
    expect(response.headers.get('content-type')).toContain('multipart/mixed');
    const text = await response.text();
    const [cookie = ''] = response.headers.getSetCookie();
    expect(text).toContain(/^gather_session=([^;]+)/.exec(cookie)?.[1]);
  });

  test('is set with the answer to a multipart request too', async () => {
    const form = new FormData();
    const query = `mutation { signIn(input: { email: "${EMAIL}", password: "${PASSWORD}" }) { token } }`;
    form.set('operations', JSON.stringify({ query }));
    form.set('map', '{}');
    const init = { method: 'POST', body: form, headers: { 'x-gather-preflight': '1' } };
    const response = await gather.app.fetch('http://gather/graphql', init);
    const { data } = (await response.json()) as { data: { signIn: { token: string } } };
    expect(response.headers.getSetCookie()).toEqual([expect.stringContaining(`gather_session=${data.signIn.token}; `)]);
  });

  test('is Secure, and of this host only, where clients come by https', async () => {
    const secure = await startTestApp({ publicUrl: 'https://library.example' });
    try {
      await addUser(secure, { email: EMAIL, password: PASSWORD });
      const { headers, data } = await signIn(secure, EMAIL, PASSWORD);
      const [cookie = ''] = headers.getSetCookie();
      expect(cookie).toMatch(/^__Host-gather_session=gather_.*; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
      const sent = { cookie: `__Host-gather_session=${data.signIn.token}` };
      expect((await send(secure, WHO, sent)).data).toEqual({ viewer: ANN });
      expect((await send(secure, WHO, { cookie: sent.cookie.replace('__Host-', '') })).data).toEqual({ viewer: null });
    } finally {
      await secure.close();
    }
  });
});

test.each([
  ['a token', () => bearer(token)],
  ['the cookie', () => cookie(token)],
])('while PostgreSQL does not say whose %s is, everybody gets what is for everybody', async (_, headers) => {
  const sent = headers();
  await using _lock = await lockTable(gather.database.databaseUrl, 'session');
  const { status, data, errors, headers: answered } = await send(gather, '{ about { name } viewer { email } }', sent);
  expect({ status, data }).toEqual({ status: 200, data: { about: { name: expect.any(String) }, viewer: null } });
  expect(errors).toMatchObject([{ path: ['viewer'], extensions: { code: 'DATABASE_TIMEOUT', retryable: true } }]);
  expect(answered.getSetCookie()).toEqual([]);
});

test('a viewer whom the caller knows is not looked for', async () => {
  const viewer = { role: 'STAFF', user: { owner: 'x', email: null, name: 'Robot' }, sessionId: null } as const;
  const body = JSON.stringify({ query: '{ viewer { id name role email } }' });
  const headers = { 'content-type': 'application/json', authorization: 'Basic x' };
  const response = await gather.app.fetch('http://gather/graphql', { method: 'POST', headers, body }, { viewer });
  expect(await response.json()).toMatchObject({
    data: { viewer: { id: btoa('User:x'), name: 'Robot', role: 'STAFF', email: null } },
  });
});

describe('attempts to sign in', () => {
  test('are limited to fifty of one address, and success does not count', async () => {
    for (let account = 0; account < 49; account++) await guess(`nobody-${account}@library.example`, '192.0.2.1');
    expect(await guess(EMAIL, '192.0.2.1', PASSWORD)).toEqual([]);
    expect(await guess('one-more@library.example', '192.0.2.1')).toMatchObject([{ code: 'WRONG_CREDENTIALS' }]);
    expect(await guess(EMAIL, '192.0.2.1', PASSWORD)).toMatchObject([{ code: 'TOO_MANY_ATTEMPTS', field: null }]);
    expect(await guess(EMAIL, '192.0.2.2', PASSWORD)).toEqual([]);
  }, 30_000);

  test('of an address that has too many do not count for an account', async () => {
    await gather.database.ask(
      `insert into "signInAttempts" values ('sender:192.0.2.1', 50, now() + interval '1 hour')`,
    );
    for (let count = 0; count < 12; count++) await guess(EMAIL, '192.0.2.1');
    expect(await guess(EMAIL, '192.0.2.2', PASSWORD)).toEqual([]);
  });

  test('of an IPv6 network are those of one address', async () => {
    await guess(EMAIL, '2001:db8:1:2::3');
    await guess(EMAIL, '2001:db8:1:2:ffff::4');
    await guess(EMAIL, '2001:db8:1:3::3');
    expect(
      await gather.database.ask(`select count from "signInAttempts" where key like 'sender:2%' order by key`),
    ).toEqual([{ count: 2 }, { count: 1 }]);
  });

  test('of many senders for many accounts at once wait for nobody in a circle', async () => {
    const tries = Array.from({ length: 40 }, (_, index) =>
      guess(
        index % 2 ? EMAIL : `other-${index % 3}@library.example`,
        `192.0.2.${index % 3}`,
        index % 4 ? 'x' : PASSWORD,
      ),
    );
    const codes = (await Promise.all(tries)).flat().map(({ code }) => code);
    expect(new Set(codes).difference(new Set(['WRONG_CREDENTIALS', 'TOO_MANY_ATTEMPTS', 'BUSY']))).toEqual(new Set());
  });

  async function guess(email: string, address: string, password = 'x'): Promise<{ code?: unknown }[]> {
    const query = `mutation { signIn(input: { email: "${email}", password: "${password}" }) { userErrors { code field } } }`;
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
    const { data, errors } = (await response.json()) as Answer;
    return errors?.map(({ extensions }) => ({ code: extensions?.['code'] })) ?? data.signIn.userErrors;
  }
});

test.each([
  ['the session that began it', 'truncate session', 'UNAUTHENTICATED'],
  ['the role that it began with', `update "user" set role = 'STAFF'`, 'FORBIDDEN'],
])('a subscription ends with %s, with the first event a minute later', async (_, change, code) => {
  const [job] = await gather.database.ask<{ id: string }>(
    `insert into job (task, state, input, "deliveryId", owner)
     values ('add', 'RUNNING', '{}', gen_random_uuid(), $1) returning id`,
    [`user:${userId}`],
  );
  const client = createClient({ url: `${url}/graphql`, headers: bearer(token), retryAttempts: 0 });
  const seen: unknown[] = [];
  const query = `subscription { job(id: "${btoa(`Job:${job?.id}`)}") { progress } }`;
  const ended = (async () => {
    for await (const { data, errors } of client.iterate({ query })) seen.push(data ?? errors);
  })();
  const makeProgress = (progress: number) => gather.database.ask('update job set progress = $1', [progress]);
  try {
    await expect.poll(() => seen).toHaveLength(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    await makeProgress(0.1);
    await expect.poll(() => seen).toHaveLength(2);
    await gather.database.ask(change);
    await makeProgress(0.2);
    await expect.poll(() => seen).toHaveLength(3);
    vi.setSystemTime(Date.now() + 61_000);
    await makeProgress(0.3);
    await Promise.race([
      ended,
      sleep(5000, undefined, { ref: false }).then(() => Promise.reject(new Error('It goes on.'))),
    ]);
  } finally {
    client.dispose();
  }
  expect(seen).toMatchObject([
    { job: { progress: 0 } },
    { job: { progress: 0.1 } },
    { job: { progress: 0.2 } },
    [{ extensions: { code } }],
  ]);
});

test('a subscription ends when the application does not know the viewer any more, with the first event a minute later', async () => {
  const known = new Set(['ann-1']);
  const viewerFrom: ViewerFrom = ({ headers }) => {
    const owner = headers.get('x-member') ?? '';
    return known.has(owner) ? { owner } : null;
  };
  const identifying = await startTestApp({ application: { viewerFrom } });
  const { url } = await identifying.app.start();
  const [job] = await identifying.database.ask<{ id: string }>(
    `insert into job (task, state, input, "deliveryId", owner)
     values ('add', 'RUNNING', '{}', gen_random_uuid(), 'ann-1') returning id`,
  );
  const client = createClient({ url: `${url}/graphql`, headers: { 'x-member': 'ann-1' }, retryAttempts: 0 });
  const seen: unknown[] = [];
  const query = `subscription { job(id: "${btoa(`Job:${job?.id}`)}") { progress } }`;
  const ended = (async () => {
    for await (const { data, errors } of client.iterate({ query })) seen.push(data ?? errors);
  })();
  const makeProgress = (progress: number) => identifying.database.ask('update job set progress = $1', [progress]);
  try {
    await expect.poll(() => seen).toHaveLength(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    await makeProgress(0.1);
    await expect.poll(() => seen).toHaveLength(2);
    known.clear();
    vi.setSystemTime(Date.now() + 61_000);
    await makeProgress(0.2);
    await Promise.race([
      ended,
      sleep(5000, undefined, { ref: false }).then(() => Promise.reject(new Error('It goes on.'))),
    ]);
  } finally {
    client.dispose();
    await identifying.close();
  }
  expect(seen).toMatchObject([
    { job: { progress: 0 } },
    { job: { progress: 0.1 } },
    [{ extensions: { code: 'UNAUTHENTICATED' } }],
  ]);
});

test('a subscription with a token that is not good is refused', async () => {
  const { status } = await send(gather, 'subscription { job(id: "Sm9iOjE=") { id } }', {
    ...bearer('x'),
    accept: 'text/event-stream, application/json',
  });
  expect(status).toBe(401);
});

function cookie(value: string): Record<string, string> {
  return { cookie: `gather_session=${value}` };
}

function endIn(interval: string) {
  return gather.database.ask('update session set "expiresAt" = now() + $1::interval', [interval]);
}

async function daysLeft(): Promise<number> {
  const [row] = await gather.database.ask<{ days: number }>(
    'select extract(epoch from "expiresAt" - now())::float8 / 86400 as days from session',
  );
  return row?.days ?? 0;
}
