import type { Id } from './column-types.ts';

const WHOLE_NUMBER = /^(0|-?[1-9]\d*)$/;
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;
const MAX_LENGTH = String(LOWEST).length;

/** Whether a text is an integer in PostgreSQL's format. It may be out of range for a `bigint`. */
export function isWholeNumber(text: string): boolean {
  return WHOLE_NUMBER.test(text);
}

/** Whether a text is a possible key: a `bigint` in PostgreSQL's format. */
export function isId(text: string): text is Id {
  return isWholeNumber(text) && text.length <= MAX_LENGTH && BigInt(text) >= LOWEST && BigInt(text) <= HIGHEST;
}
