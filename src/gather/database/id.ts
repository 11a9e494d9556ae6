import type { Id } from './column-types.ts';

const WHOLE_NUMBER = /^(0|-?[1-9]\d*)$/;
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

/** The key of no row: the one `bigint` that no sequence reaches. */
export const ID_OF_NO_ROW: Id = String(LOWEST);

/** Whether a text is a whole number, written as PostgreSQL writes it. It may be larger than a `bigint`. */
export function isWholeNumber(text: string): boolean {
  return WHOLE_NUMBER.test(text);
}

/** Whether a text is a key that a row can have: a `bigint`, written as PostgreSQL writes it. */
export function isId(text: string): text is Id {
  return isWholeNumber(text) && text.length <= ID_OF_NO_ROW.length && BigInt(text) >= LOWEST && BigInt(text) <= HIGHEST;
}
