import { createHash, randomBytes } from 'node:crypto';

const TOKEN = /^gather_[\w-]{43}$/;

/** A random token. Its prefix lets secret scanners find tokens published by mistake. */
export function createToken(): string {
  return `gather_${randomBytes(32).toString('base64url')}`;
}

/** Whether a text has the form of a token. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Hashes a token for storage. A fast hash is enough for 256 random bits. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
