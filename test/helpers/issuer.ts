import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { type HttpServer, json, startHttpServer } from './http-server.ts';

/** A key of an issuer's, and its name. */
export interface IssuerKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

/** An issuer of tokens that publishes its keys on a real server. */
export interface Issuer {
  jwksUrl: string;
  server: HttpServer;
  key: IssuerKey;
  /** Publishes these keys, and no others, from now on. */
  publish(...keys: IssuerKey[]): void;
  /**
   * A token that is good for five minutes, but for what is given.
   * @param header what its header has besides, or instead
   */
  sign(claims?: Claims, key?: IssuerKey, header?: Record<string, unknown>): Promise<string>;
}

/** One that is undefined is left out. */
type Claims = { readonly [Name in keyof JWTPayload]: JWTPayload[Name] | undefined };

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'smokehouse';

/** Starts an issuer with one key. Close its server. */
export async function startIssuer(): Promise<Issuer> {
  const key = await createKey('first');
  const server = await startHttpServer();
  const issuer: Issuer = {
    jwksUrl: `${server.url}/jwks.json`,
    server,
    key,
    publish: (...keys) => {
      server.respond = json({ keys: keys.map(({ publicJwk }) => publicJwk) });
    },
    sign: (claims = {}, { kid, alg, privateKey } = key, header = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'ann', iat: now, exp: now + 300, ...claims };
      return new SignJWT(payload as JWTPayload).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
    },
  };
  issuer.publish(key);
  return issuer;
}

/** A key that is not published yet. */
export async function createKey(kid: string, alg = 'ES256'): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}
