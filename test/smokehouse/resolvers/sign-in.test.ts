import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { countAttempt, takeBackAttempt } from '../../../src/gather/accounts/attempt-rows.ts';
import { type Answer, startTestApp, type TestApp } from '../../helpers/app.ts';
import { recordHashes } from '../../helpers/hashes.ts';
import { lockTable } from '../../helpers/lock.ts';
import { addUser, bearer, send, signIn } from '../../helpers/signed-in.ts';

const EMAIL = 'ann@smokehouse.example';
const PASSWORD = 'hickory and oak';
const WRONG = [{ code: 'WRONG_CREDENTIALS', message: 'No account has this email and password.', field: ['email'] }];

let gather: TestApp;
let url: string;
let userId: string;

beforeAll(async () => {
  gather = await startTestApp({ proxyHops: 1 });
  ({ url } = await gather.app.start());
  userId = await addUser(gather, { email: EMAIL, password: PASSWORD, role: 'STAFF' });
});
beforeEach(() => gather.database.ask('truncate session, "signInAttempts"'));
afterAll(() => gather.close());

test('a session begins with the right password, and its token says who asks', async () => {
  const { data, status } = await signIn(gather, EMAIL, PASSWORD);
  expect(status).toBe(200);
  const { token, expiresAt, viewer, userErrors } = data.signIn;
  expect({ viewer, userErrors }).toEqual({
    viewer: { id: btoa(`User:user:${userId}`), email: EMAIL, name: 'Ann', role: 'STAFF' },
    userErrors: [],
  });
  expect(token).toMatch(/^gather_[\w-]{43}$/);
  expect((Date.parse(expiresAt) - Date.now()) / 86_400_000).toBeCloseTo(14, 1);
  expect((await send(gather, '{ viewer { id role } }', bearer(token))).data.viewer).toEqual({
    id: viewer.id,
    role: 'STAFF',
  });
});

test('of a token only its hash is kept', async () => {
  const { token } = (await signIn(gather, EMAIL, PASSWORD)).data.signIn;
  const [{ row }] = (await gather.database.ask('select session::text as row from session')) as [{ row: string }];
  expect(row).not.toContain(token);
  expect(row).not.toContain(token.slice('gather_'.length, 20));
  expect(row).toMatch(/[0-9a-f]{64}/);
});

test('emails are compared without case', async () => {
  expect((await signIn(gather, EMAIL.toUpperCase(), PASSWORD)).data.signIn.viewer.email).toBe(EMAIL);
});

test('a password may be typed in more than one way', async () => {
  await addUser(gather, { email: 'uwe@smokehouse.example', password: 'r\u00e4ucherstube \u2460' });
  const { viewer } = (await signIn(gather, 'uwe@smokehouse.example', 'ra\u0308ucherstube 1')).data.signIn;
  expect(viewer).toMatchObject({ email: 'uwe@smokehouse.example', role: 'CUSTOMER' });
});

test('a wrong password, an unknown account and a disabled one get the same answer for the same work', async () => {
  await addUser(gather, { email: 'out@smokehouse.example', password: PASSWORD });
  await gather.database.ask(`update "user" set "disabledAt" = now() where email = 'out@smokehouse.example'`);
  using hashes = recordHashes();
  const tries = [
    [EMAIL, 'not the password'],
    ['nobody@smokehouse.example', 'not the password'],
    ['out@smokehouse.example', 'not the password'],
    ['out@smokehouse.example', PASSWORD],
  ] as const;
  for (const [email, password] of tries) {
    const { data, headers } = await signIn(gather, email, password);
    expect(data.signIn).toEqual({ token: null, expiresAt: null, viewer: null, userErrors: WRONG });
    expect(headers.getSetCookie()).toEqual([]);
    expect(hashes.take()).toEqual([
      { algorithm: 'argon2id', memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 },
    ]);
  }
});

test('an account that is disabled costs the same statements as none, also with its password', async () => {
  await addUser(gather, { email: 'away@smokehouse.example', password: PASSWORD });
  await gather.database.ask(`update "user" set "disabledAt" = now() where email = 'away@smokehouse.example'`);
  gather.cost();
  await signIn(gather, 'nobody@smokehouse.example', PASSWORD);
  const ofNobody = gather.cost().statements;
  for (const password of ['not the password', PASSWORD]) {
    await signIn(gather, 'away@smokehouse.example', password);
    expect(gather.cost().statements).toEqual(ofNobody);
  }
});

test('wrong passwords cost the same statements, whether there is such an account or not', async () => {
  for (const email of [EMAIL, 'nobody@smokehouse.example']) await signIn(gather, email, 'x');
  gather.cost();
  await signIn(gather, EMAIL, 'not the password');
  const ofKnown = gather.cost().statements;
  await signIn(gather, 'nobody@smokehouse.example', 'not the password');
  expect(gather.cost().statements).toEqual(ofKnown);
  expect(ofKnown).toHaveLength(2);
});

test('a hash of less work is made anew at a sign-in, and its password stays', async () => {
  const email = 'old@smokehouse.example';
  await addUser(gather, { email, password: PASSWORD });
  // Of the same password with 8 MiB and one pass.
  const weak = '$argon2id$v=19$m=8192,t=1,p=1$c21va2Vob3VzZXNhbHQxMg$uwJGHUgNwoyQZNRe9TQr8alVtYKF7gX/zpMTYSgY34E';
  await gather.database.ask('update "user" set "passwordHash" = $1 where email = $2', [weak, email]);
  expect((await signIn(gather, email, PASSWORD)).data.signIn.userErrors).toEqual([]);
  const [{ passwordHash }] = (await gather.database.ask('select "passwordHash" from "user" where email = $1', [
    email,
  ])) as [{ passwordHash: string }];
  expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect((await signIn(gather, email, PASSWORD)).data.signIn.userErrors).toEqual([]);
});

test.each([
  ['', 'x', ['email'], 'Expected 1 to 320 characters, got 0.'],
  [EMAIL, '', ['password'], 'Expected 1 to 1000 characters, got 0.'],
  [EMAIL, 'x'.repeat(1001), ['password'], 'Expected 1 to 1000 characters, got 1001.'],
])('input that cannot be right is refused before any work (%#)', async (email, password, field, message) => {
  using hashes = recordHashes();
  gather.cost();
  const { data } = await signIn(gather, email, password);
  expect(data.signIn.userErrors).toEqual([{ code: 'INVALID_INPUT', message, field }]);
  expect(hashes.take()).toEqual([]);
  expect(gather.cost().statements).toEqual([]);
});

test.each([EMAIL, 'nobody@smokehouse.example'])('of twenty guesses at once for %s ten are looked at', async (email) => {
  using hashes = recordHashes();
  const guesses = await Promise.all(Array.from({ length: 20 }, (_, index) => guess(email, `192.0.2.${index}`)));
  expect(count(guesses)).toEqual({ WRONG_CREDENTIALS: 10, TOO_MANY_ATTEMPTS: 10 });
  expect(hashes.take()).toHaveLength(10);
  const { userErrors, viewer } = (await signIn(gather, email.toUpperCase(), PASSWORD)).data.signIn;
  expect(viewer).toBeNull();
  expect(userErrors).toEqual([
    {
      code: 'TOO_MANY_ATTEMPTS',
      message: expect.stringMatching(/^Too many attempts to sign in\. Try again in (8[89]\d|900) seconds\.$/),
      field: ['email'],
    },
  ]);
});

test('each alias of a request is an attempt', async () => {
  const guesses = Array.from(
    { length: 12 },
    (_, index) => `a${index}: signIn(input: { email: "${EMAIL}", password: "${index}" }) { userErrors { code } }`,
  );
  const { data } = await send(gather, `mutation { ${guesses.join(' ')} }`);
  const codes = Object.values<{ userErrors: { code: string }[] }>(data).map(({ userErrors }) => userErrors[0]?.code);
  expect(codes).toEqual([...Array(10).fill('WRONG_CREDENTIALS'), ...Array(2).fill('TOO_MANY_ATTEMPTS')]);
});

test('many at once from one address are told to wait, and leave others to sign in', async () => {
  const flood = Array.from({ length: 40 }, (_, index) => guess(`nobody-${index}@smokehouse.example`, '192.0.2.1'));
  const [code] = await Promise.all([guess(EMAIL, '192.0.2.2', PASSWORD), ...flood]);
  expect(code).toBe('none');
  const { WRONG_CREDENTIALS = 0, BUSY = 0, ...others } = count(await Promise.all(flood));
  expect(others).toEqual({});
  expect(BUSY).toBeGreaterThan(10);
  expect(await attempts(`key = 'sender:192.0.2.1'`)).toEqual([WRONG_CREDENTIALS]);
  expect((await attempts(`key like 'account:%'`)).filter((counted) => counted > 0)).toEqual(
    Array(WRONG_CREDENTIALS).fill(1),
  );
});

test('attempts that are taken back lock nobody out, and leave those before', async () => {
  await signIn(gather, EMAIL, 'x');
  const { database } = gather.database;
  for (let round = 0; round < 60; round++) {
    const attempt = { email: EMAIL.toUpperCase(), sender: 'this process' };
    expect(await countAttempt(database, attempt)).toBeUndefined();
    await takeBackAttempt(database, attempt);
  }
  expect(await attempts('true')).toEqual([1, 1]);
});

test('who leaves before the password was looked at has made no attempt', async () => {
  await using lock = await lockTable(gather.database.databaseUrl, 'user');
  await expect(guess(EMAIL, '192.0.2.1', PASSWORD, AbortSignal.timeout(500))).rejects.toThrow('aborted');
  await expect.poll(() => attempts('true')).toEqual([0, 0]);
  await lock[Symbol.asyncDispose]();
});

test('attempts count for fifteen minutes', async () => {
  for (let count = 0; count < 11; count++) await signIn(gather, EMAIL, 'x');
  await gather.database.ask(`update "signInAttempts" set "until" = now() - interval '1 second'`);
  expect((await signIn(gather, EMAIL, PASSWORD)).data.signIn.userErrors).toEqual([]);
});

test('a sign-in forgets the failures of its account, and does not count for its sender', async () => {
  for (let count = 0; count < 9; count++) await signIn(gather, EMAIL, 'x');
  for (let count = 0; count < 3; count++)
    expect((await signIn(gather, EMAIL, PASSWORD)).data.signIn.userErrors).toEqual([]);
  expect(await gather.database.ask('select key, count from "signInAttempts"')).toEqual([
    { key: 'sender:this process', count: 9 },
  ]);
});

test('`signOut` ends the session at once', async () => {
  const { token } = (await signIn(gather, EMAIL, PASSWORD)).data.signIn;
  const { data } = await send(gather, 'mutation { signOut { signedOut userErrors { code } } }', bearer(token));
  expect(data.signOut).toEqual({ signedOut: true, userErrors: [] });
  expect((await send(gather, '{ viewer { id } }', bearer(token))).status).toBe(401);
  expect((await send(gather, 'mutation { signOut { signedOut } }')).data.signOut).toEqual({ signedOut: false });
});

test('a new session has a token of its own, and the one that the request came with ends', async () => {
  const first = (await signIn(gather, EMAIL, PASSWORD)).data.signIn.token;
  const second = (await signIn(gather, EMAIL, PASSWORD, bearer(first))).data.signIn.token;
  expect(second).not.toBe(first);
  expect((await send(gather, '{ viewer { id } }', bearer(first))).status).toBe(401);
  expect((await send(gather, '{ viewer { email } }', bearer(second))).data.viewer).toEqual({ email: EMAIL });
});

test('a failed sign-in leaves the session as it is', async () => {
  const { token } = (await signIn(gather, EMAIL, PASSWORD)).data.signIn;
  await signIn(gather, EMAIL, 'x', bearer(token));
  expect((await send(gather, '{ viewer { email } }', bearer(token))).data.viewer).toEqual({ email: EMAIL });
});

/** Over the network. @returns the code of what was said, or `none` */
async function guess(email: string, address: string, password = 'x', signal?: AbortSignal): Promise<string> {
  const query = `mutation ($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }`;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
    body: JSON.stringify({ query, variables: { input: { email, password } } }),
    signal: signal ?? null,
  });
  const { data, errors } = (await response.json()) as Answer;
  return errors ? String(errors[0]?.extensions?.['code']) : (data.signIn.userErrors[0]?.code ?? 'none');
}

function count(codes: readonly string[]): Record<string, number> {
  return Object.fromEntries([...new Set(codes)].map((code) => [code, codes.filter((other) => other === code).length]));
}

async function attempts(condition: string): Promise<number[]> {
  const rows = await gather.database.ask<{ count: number }>(`select count from "signInAttempts" where ${condition}`);
  return rows.map((row) => row.count);
}
