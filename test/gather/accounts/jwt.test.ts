import { createHmac } from 'node:crypto';
import { exportSPKI, importJWK, type JWTPayload } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createJwtVerifier, type JwtVerifier } from '../../../src/gather/accounts/jwt.ts';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { garbage, hang, json, status } from '../../helpers/http-server.ts';
import { AUDIENCE, createKey, ISSUER, type Issuer, startIssuer } from '../../helpers/issuer.ts';
import { bearer, send } from '../../helpers/signed-in.ts';
import { library } from '../library/index.ts';

const WHO = '{ viewer { id email name role } about { name } }';
const OWNER = 'jwt:ffb55acf:ann';
const { signal } = new AbortController();

let issuer: Issuer;
let gather: TestApp;
let verify: JwtVerifier;

beforeAll(async () => {
  issuer = await startIssuer();
  gather = await startTestApp({ jwt: toConfig() });
});
beforeEach(() => {
  issuer.publish(issuer.key);
  verify = createJwtVerifier(toConfig(), library.roles);
});
afterEach(() => void vi.useRealTimers());
afterAll(async () => {
  await issuer.server.close();
  await gather.close();
});

test('a token says who asks, without a statement', async () => {
  const token = await issuer.sign({ name: 'Ann', email: 'ann@elsewhere.example', role: 'STAFF' });
  gather.cost();
  expect((await send(gather, WHO, bearer(token))).data.viewer).toEqual({
    id: btoa(`User:${OWNER}`),
    name: 'Ann',
    email: 'ann@elsewhere.example',
    role: 'STAFF',
  });
  expect(gather.cost().statements).toEqual([]);
});

test.each<[string, JWTPayload, string]>([
  ['no role', {}, 'MEMBER'],
  ['a role', { role: 'STAFF' }, 'STAFF'],
  ['a list of roles', { role: ['reader', 'STAFF'] }, 'STAFF'],
  ['a role that is not known', { role: 'ADMIN' }, 'MEMBER'],
  ['a role that has one in it', { role: 'NOT_STAFF' }, 'MEMBER'],
  ['a role that is no text', { role: { STAFF: true } }, 'MEMBER'],
  ['a role in another claim', { roles: 'STAFF' }, 'MEMBER'],
])('with %s %j, its sender is %s', async (_, claims, role) => {
  expect(await verify(await issuer.sign(claims), signal)).toEqual({
    role,
    user: { owner: OWNER, name: 'ann', email: null },
    sessionId: null,
  });
});

test.each([
  ['text', 'a'.repeat(200), true],
  ['too long', 'a'.repeat(201), false],
  ['empty', '', false],
  ['with a NUL character', 'a\0b', false],
  ['with half a character', 'a\ud800', false],
  ['no text', 5, false],
])('a name and an email that are %s are taken only as they can be shown (%#)', async (_, claim, isTaken) => {
  const { user } = await verify(await issuer.sign({ name: claim, email: claim }), signal);
  expect(user).toEqual({ owner: OWNER, name: isTaken ? claim : 'ann', email: isTaken ? claim : null });
});

test('who has the same subject with another issuer is somebody else', async () => {
  const verifyOther = createJwtVerifier({ ...toConfig(), issuer: 'https://other.example' }, library.roles);
  const { user } = await verifyOther(await issuer.sign({ iss: 'https://other.example' }), signal);
  expect(user.owner).toMatch(/^jwt:[0-9a-f]{8}:ann$/);
  expect(user.owner).not.toBe(OWNER);
});

test.each(['RS256', 'PS256', 'ES384', 'EdDSA'])('keys of the kind %s are taken', async (alg) => {
  const key = await createKey('other', alg);
  issuer.publish(key);
  expect((await verify(await issuer.sign({}, key), signal)).user.owner).toBe(OWNER);
});

const now = () => Math.floor(Date.now() / 1000);
const forgeries: [string, () => string | Promise<string>][] = [
  ['no signature', async () => `${toPart({ alg: 'none' })}.${toPart(await goodClaims())}.`],
  ['the public key as a secret', () => signWithPublicKey()],
  ['the key of somebody else', async () => issuer.sign({}, await createKey('first'))],
  ['a key that is not known', async () => issuer.sign({}, await createKey('unknown'))],
  ['other claims than were signed', async () => replaceClaims(await issuer.sign())],
  ['a key of its own', async () => signWithOwnKey('jwk')],
  ['keys at a place of its own', async () => signWithOwnKey('jku')],
  ['a time that is over', () => issuer.sign({ exp: now() - 6 })],
  ['no end', () => issuer.sign({ exp: undefined })],
  ['a time to come', () => issuer.sign({ nbf: now() + 20 })],
  ['another audience', () => issuer.sign({ aud: 'archive' })],
  ['no audience', () => issuer.sign({ aud: undefined })],
  ['another issuer', () => issuer.sign({ iss: `${ISSUER}/` })],
  ['no subject', () => issuer.sign({ sub: undefined })],
  ['an empty subject', () => issuer.sign({ sub: '' })],
  ['a subject that PostgreSQL cannot hold', () => issuer.sign({ sub: 'a\0b' })],
  ['half a character in its subject', () => issuer.sign({ sub: 'a\ud800' })],
  ['a subject of more than 255 characters', () => issuer.sign({ sub: 'a'.repeat(256) })],
  ['more than 8 kB', () => issuer.sign({ name: 'a'.repeat(8192) })],
  ['parts that are no JSON', () => 'a.b.c'],
];

test.each(forgeries)('a token with %s is refused', async (_, forge) => {
  const { status, headers, data, errors } = await send(gather, WHO, bearer(await forge()));
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toBe('Bearer');
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([
    { message: expect.stringMatching(/^Expected a valid token, got an invalid one: .+\.$/) },
  ]);
  expect(errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', retryable: false });
  expect(issuer.server.requests.every(({ path }) => path === '/jwks.json')).toBe(true);
});

test('clocks may differ by a few seconds', async () => {
  const token = await issuer.sign({ exp: now() - 2, nbf: now() + 2 });
  expect((await verify(token, signal)).user.owner).toBe(OWNER);
});

test('keys are fetched once, also for many at once', async () => {
  const before = issuer.server.requests.length;
  const token = await issuer.sign();
  await Promise.all(Array.from({ length: 20 }, () => verify(token, signal)));
  await verify(token, signal);
  expect(issuer.server.requests.length - before).toBe(1);
});

test('a new key is fetched when a token has it, and the one that it replaces counts no more', async () => {
  const old = await issuer.sign();
  await verify(old, signal);
  const next = await createKey('second');
  issuer.publish(next);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
  expect((await verify(await issuer.sign({}, next), signal)).user.owner).toBe(OWNER);
  await expect(verify(old, signal)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('tokens of unknown keys do not have the keys fetched each time', async () => {
  await verify(await issuer.sign(), signal);
  const before = issuer.server.requests.length;
  const strange = await issuer.sign({}, await createKey('unknown'));
  for (let count = 0; count < 10; count++) {
    await expect(verify(strange, signal)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
  expect(issuer.server.requests.length).toBe(before);
});

test.each([
  ['refuses', status(503)],
  ['sends nonsense', garbage()],
  ['sends no keys', json({ keys: 'none' })],
])('while the issuer %s, it is said that it cannot be told who asks', async (_, respond) => {
  issuer.server.respond = respond;
  const token = await issuer.sign();
  await expect(verify(token, signal)).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    source: 'jwks',
    retryable: true,
  });
  issuer.publish(issuer.key);
  expect((await verify(token, signal)).user.owner).toBe(OWNER);
});

test('while the issuer is down, everybody gets what is for everybody', async () => {
  const down = await startTestApp({ jwt: { ...toConfig(), jwksUrl: 'http://127.0.0.1:1/jwks.json' } });
  try {
    const { status, data, errors } = await send(down, WHO, bearer(await issuer.sign()));
    expect({ status, data }).toEqual({ status: 200, data: { viewer: null, about: { name: expect.any(String) } } });
    expect(errors).toMatchObject([
      { path: ['viewer'], extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'jwks', retryable: true } },
    ]);
  } finally {
    await down.close();
  }
});

test('who leaves does not wait for an issuer that does not answer', async () => {
  issuer.server.respond = hang();
  const leaving = AbortSignal.timeout(50);
  await expect(verify(await issuer.sign(), leaving)).rejects.toThrow('aborted due to timeout');
});

test('tokens of sessions are taken all the same', async () => {
  const { status, errors } = await send(gather, WHO, bearer(`gather_${'A'.repeat(43)}`));
  expect(status).toBe(401);
  expect(errors?.[0]?.message).toContain('an active session');
  expect(gather.cost().statements).toHaveLength(1);
});

function toConfig() {
  return { jwksUrl: issuer.jwksUrl, issuer: ISSUER, audience: AUDIENCE, roleClaim: 'role' };
}

async function goodClaims(): Promise<object> {
  const [, claims = ''] = (await issuer.sign({ role: 'STAFF' })).split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString());
}

async function signWithPublicKey(): Promise<string> {
  const key = await createKey('first', 'RS256');
  issuer.publish(key);
  const secret = await exportSPKI((await importJWK(key.publicJwk, 'RS256', { extractable: true })) as CryptoKey);
  const signed = `${toPart({ alg: 'HS256', kid: 'first' })}.${toPart(await goodClaims())}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** Its header says where its key is, or what it is. */
async function signWithOwnKey(parameter: 'jku' | 'jwk'): Promise<string> {
  const key = await createKey('own');
  const own = { jku: `${issuer.server.url}/own.json`, jwk: key.publicJwk };
  return issuer.sign({ role: 'STAFF' }, key, { [parameter]: own[parameter] });
}

async function replaceClaims(token: string): Promise<string> {
  const [header, , signature] = token.split('.');
  return `${header}.${toPart(await goodClaims())}.${signature}`;
}

function toPart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
