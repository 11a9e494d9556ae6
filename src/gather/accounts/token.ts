import { createHash, randomBytes } from 'node:crypto';

const TOKEN = /^gather_[\w-]{43}$/;

/** A random token. Its prefix lets secret scanners find tokens published by mistake. */
export function createToken(): string {
  return `gather_${randomBytes(32).toString('base64url')}`;
}

/** Whether it looks like one that `createToken` made. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** What is kept of a token. It has 256 random bits, so that a fast hash is enough. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
