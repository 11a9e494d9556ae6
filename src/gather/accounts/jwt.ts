import { createHash } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import * as z from 'zod';
import { call } from '../calls.ts';
import { GatherError } from '../errors.ts';
import type { Roles, SignedIn } from '../viewer.ts';
import { isOwnerKey, OWNER_KEY } from './owner-key.ts';

/** The accepted issuer, and the required claims of its tokens. */
export interface JwtConfig {
  /** The URL of the issuer's keys. */
  jwksUrl: string;
  issuer: string;
  audience: string;
  /** The claim with a role, or a list of roles. */
  roleClaim: string;
  /** The claim with the key of the user's rows: a text or a whole number. @default the issuer and the subject */
  ownerClaim?: string | undefined;
}

/**
 * Resolves a token to its user.
 * @throws UNAUTHENTICATED if it is invalid, UPSTREAM_UNAVAILABLE if the issuer's keys cannot be fetched
 */
export type JwtVerifier = (token: string, signal: AbortSignal) => Promise<SignedIn>;

const MAX_LENGTH = 8192;
const CLOCK_TOLERANCE_SECONDS = 5;
const KEYS_TIMEOUT_MS = 3000;
/** Asymmetric algorithms only: with a shared secret, a verifier could issue tokens too. */
const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const text = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((value) => value.isWellFormed() && !value.includes('\0'));

/** The longest subject is OpenID Connect's. Display claims that are too long are left out. */
const Claims = z.object({
  sub: text(255),
  name: text(200).nullish().catch(null),
  email: text(200).nullish().catch(null),
});

/** Whether it looks like a signed JWT: three parts separated by dots. */
export function isJwt(token: string): boolean {
  return token.split('.', 4).length === 3;
}

/**
 * Verifies tokens of one issuer. Its keys are fetched on first use and cached for ten minutes. A token with an unknown key
 * causes another fetch, at most once in thirty seconds.
 */
export function createJwtVerifier(config: JwtConfig, roles: Roles): JwtVerifier {
  const { jwksUrl, issuer, audience, roleClaim, ownerClaim } = config;
  const keysAt = createKeys(new URL(jwksUrl));
  const issuerKey = toKey(issuer);
  const rules = {
    ...{ issuer, audience, algorithms: ASYMMETRIC },
    ...{ requiredClaims: ['exp'], clockTolerance: CLOCK_TOLERANCE_SECONDS },
  };
  return async (token, signal) => {
    if (token.length > MAX_LENGTH) throw refused(`it has more than ${MAX_LENGTH} characters`);
    try {
      const { payload } = await jwtVerify(token, keysAt(signal), rules);
      return toViewer(payload, { issuerKey, roleClaim, ownerClaim, roles });
    } catch (error) {
      throw error instanceof errors.JOSEError ? refused(error.message, error) : error;
    }
  };
}

/** The issuer's keys, for the verification in one request. */
function createKeys(url: URL): (signal: AbortSignal) => JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, { timeoutDuration: KEYS_TIMEOUT_MS });
  return (signal) => async (header, token) => {
    const find = () => keys(header, token);
    try {
      if (keys.fresh) return await find();
      return await call({ kind: 'http', method: 'GET', name: 'jwks.fetch', keys: 1, signal }, find);
    } catch (error) {
      signal.throwIfAborted();
      if (isOfToken(error)) throw error;
      const message = 'The keys of the token issuer cannot be fetched at present.';
      throw new GatherError('UPSTREAM_UNAVAILABLE', message, { source: 'jwks', retryable: true, cause: error });
    }
  };
}

/** Whether the keys were fetched, but none of them, or more than one, matches the token. */
function isOfToken(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
}

/** The part of `owner` that identifies the issuer, so that users of another issuer own none of these rows. */
function toKey(issuer: string): string {
  return createHash('sha256').update(issuer).digest('hex').slice(0, 8);
}

interface ViewerRules extends Pick<JwtConfig, 'roleClaim' | 'ownerClaim'> {
  issuerKey: string;
  roles: Roles;
}

function toViewer(payload: JWTPayload, { issuerKey, roleClaim, ownerClaim, roles }: ViewerRules): SignedIn {
  const { data } = Claims.safeParse(payload);
  // Only `sub` is required.
  if (!data) throw refused('expected a `sub` of 1 to 255 characters');
  const { sub, name, email } = data;
  return {
    role: roles.highestOf([payload[roleClaim]].flat()),
    user: { owner: toOwner(payload, ownerClaim) ?? `jwt:${issuerKey}:${sub}`, name: name ?? sub, email: email ?? null },
    sessionId: null,
  };
}

/** The key in a claim; undefined without one. */
function toOwner(payload: JWTPayload, claim: string | undefined): string | undefined {
  const key = claim === undefined ? undefined : payload[claim];
  if (key === undefined || key === null) return undefined;
  if (typeof key === 'string' && isOwnerKey(key)) return key;
  if (Number.isSafeInteger(key)) return String(key);
  throw refused(`expected as \`${claim}\` ${OWNER_KEY}, or a whole number`);
}

function refused(reason: string, cause?: unknown): GatherError {
  return new GatherError('UNAUTHENTICATED', `Expected a valid token, got an invalid one: ${reason}.`, {
    cause,
  });
}
