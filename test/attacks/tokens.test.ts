import { createHmac } from 'node:crypto';
import { exportSPKI, importJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUDIENCE, createKey, ISSUER, type Issuer, type IssuerKey, startIssuer } from '../helpers/issuer.ts';
import { flood, post, type Reply } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { expectRefused, withstand } from '../helpers/under-attack.ts';

const WHO = '{ viewer { role } }';
const STAFF_CLAIMS = { role: 'STAFF' };
const REFUSED = /^Expected (a valid token|`Bearer` and the token of an active session), got /;

let issuer: Issuer;
let rsaKey: IssuerKey;
let target: Target;

beforeAll(async () => {
  issuer = await startIssuer();
  rsaKey = await createKey('rsa', 'RS256');
  issuer.publish(issuer.key, rsaKey);
  target = await startTarget({ JWT_JWKS_URL: issuer.jwksUrl, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE });
}, 60_000);
afterAll(async () => {
  await target.close();
  await issuer.server.close();
});

test('tokens that are good are taken', async () => {
  for (const token of [await issuer.sign(STAFF_CLAIMS), await target.enter('STAFF')]) {
    expect(JSON.parse((await ask(token)).body).data).toEqual({ viewer: { role: 'STAFF' } });
  }
});

const now = () => Math.floor(Date.now() / 1000);

describe('a token is refused that has', () => {
  const forged: [string, () => string | Promise<string>][] = [
    ['no signature', async () => unsigned({ alg: 'none' })],
    ['no signature, in other words', async () => unsigned({ alg: 'NoNe', kid: 'rsa' })],
    [
      'the signature of another',
      async () =>
        `${(await unsigned({ alg: 'ES256', kid: 'first' })).slice(0, -1)}.${(await issuer.sign()).split('.')[2]}`,
    ],
    ['the public key as a secret', () => signedWithPublicKey()],
    ['the key of somebody else', async () => issuer.sign(STAFF_CLAIMS, await createKey('first'))],
    ['a key of its own', async () => signedWithOwnKey('jwk')],
    ['keys at a place of its own', async () => signedWithOwnKey('jku')],
    ['a path for the name of its key', async () => issuer.sign(STAFF_CLAIMS, { ...issuer.key, kid: '../../dev/null' })],
    ['a time that is over', () => issuer.sign({ ...STAFF_CLAIMS, exp: now() - 60 })],
    ['a time to come', () => issuer.sign({ ...STAFF_CLAIMS, nbf: now() + 60 })],
    ['no end', () => issuer.sign({ ...STAFF_CLAIMS, exp: undefined })],
    ['another audience', () => issuer.sign({ ...STAFF_CLAIMS, aud: 'bakery' })],
    ['another issuer', () => issuer.sign({ ...STAFF_CLAIMS, iss: `${ISSUER}.evil.example` })],
    ['10 kB', () => issuer.sign({ ...STAFF_CLAIMS, name: 'a'.repeat(10_000) })],
    ['five parts', () => 'eyJhbGciOiJkaXIifQ.a.b.c.d'],
    ['nothing in its parts', () => '..'],
    ['garbage in its parts', () => '~.~.~'],
    ['nothing but letters', () => 'a'.repeat(5000)],
  ];

  test.each(forged)('%s', async (_, forge) => {
    const token = await forge();
    expectRefused(await withstand(target, () => flood(10, () => ask(token))), 401, REFUSED);
    expect(issuer.server.requests.every(({ path }) => path === '/jwks.json')).toBe(true);
  });

  test('a key that nobody knows, each time another: the issuer is not asked each time', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 100 }, (_, index) => issuer.sign({}, { ...issuer.key, kid: `key ${index}` })),
    );
    const before = issuer.server.requests.length;
    expectRefused(await withstand(target, () => flood(100, (index) => ask(tokens[index] ?? ''))), 401, REFUSED);
    expect(issuer.server.requests.length - before).toBeLessThanOrEqual(2);
  });
});

describe('the token of a session is refused that is', () => {
  test.each([
    ['guessed', async () => `gather_${'A'.repeat(43)}`],
    ['cut short', async () => (await target.enter('STAFF')).slice(0, -1)],
    ['too long', async () => `${await target.enter('STAFF')}A`],
    ['in other letters', async () => (await target.enter('STAFF')).toUpperCase()],
    [
      'the hash that is kept',
      async () =>
        (await target.database.ask<{ tokenHash: string }>('select "tokenHash" from gather.session'))[0]?.tokenHash ??
        '',
    ],
    ['SQL', async () => "gather_' or true --"],
    ['revoked', () => hadUntil('delete from gather.session')],
    ['over', () => hadUntil(`update gather.session set "expiresAt" = now() - interval '1 second'`)],
    ['of somebody who is disabled', () => hadUntil('update gather."user" set "disabledAt" = now()')],
  ])('%s', async (_, toToken) => {
    const token = await toToken();
    expectRefused(await withstand(target, () => flood(20, () => ask(token))), 401, REFUSED);
  });
});

function ask(token: string): Promise<Reply> {
  return post(target.url, { query: WHO }, { authorization: `Bearer ${token}` });
}

/** A token that was good until something happened to its session. */
async function hadUntil(statement: string): Promise<string> {
  const token = await target.enter('STAFF');
  expect((await ask(token)).status).toBe(200);
  await target.database.ask(statement);
  return token;
}

async function unsigned(header: object): Promise<string> {
  const [, claims] = (await issuer.sign(STAFF_CLAIMS)).split('.');
  return `${toPart(header)}.${claims}.`;
}

async function signedWithPublicKey(): Promise<string> {
  const secret = await exportSPKI((await importJWK(rsaKey.publicJwk, 'RS256', { extractable: true })) as CryptoKey);
  const text = (await unsigned({ alg: 'HS256', kid: 'rsa' })).slice(0, -1);
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

async function signedWithOwnKey(parameter: 'jku' | 'jwk'): Promise<string> {
  const key = await createKey('own');
  const own = { jku: `${issuer.server.url}/own.json`, jwk: key.publicJwk };
  return issuer.sign(STAFF_CLAIMS, key, { [parameter]: own[parameter] });
}

function toPart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
