import { PUBLIC } from '../viewer.ts';

const MAX_LENGTH = 255;
/** How owners begin that only the engine names: its own users, and the subjects of an issuer. */
const OF_ENGINE = /^(user|jwt):/;

/** What `isOwnerKey` accepts, for messages. */
export const OWNER_KEY = `a text of 1 to ${MAX_LENGTH} characters without white space around it, other than "${PUBLIC}" and what begins with "user:" or "jwt:"`;

/**
 * Whether a text that comes from outside may be the key of an owner. No token or account may make
 * its user the owner of what everybody sees, nor another user or subject that the engine names.
 */
export function isOwnerKey(text: string): boolean {
  const isText = text.length > 0 && text.length <= MAX_LENGTH && text.isWellFormed() && !text.includes('\0');
  return isText && text === text.trim() && text !== PUBLIC && !OF_ENGINE.test(text);
}
