import type { GraphQLError } from 'graphql';

/** The limit of the size of each part of a response, while it is made. */
export interface SizeLimit {
  readonly maxBytes: number;
  /** Called once, when a part gets too large. @returns the error of the field that does not fit: nothing of its part is left */
  exceed(): unknown;
}

/** Quotes, colon and comma around a key; and the braces of its value. */
export const PUNCTUATION_BYTES = 6;
/** Comma and braces of an element. */
export const ELEMENT_BYTES = 3;
/** Approximate size of a number, `true`, `null` or an enum value. */
const SMALL_VALUE_BYTES = 8;
/** Size of an error besides its message and path: names, code, locations. */
const ERROR_BYTES = 150;
/** A text that JSON writes as it is, a byte for each character. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The size as JSON of a leaf value. @throws TypeError if JSON has no such value */
export function bytesOf(value: unknown): number {
  if (typeof value === 'string' && PLAIN.test(value)) return value.length + 2;
  if (typeof value === 'bigint') throw new TypeError(`Expected a value that JSON can hold, got the BigInt ${value}n.`);
  if (typeof value !== 'string' && typeof value !== 'object') return SMALL_VALUE_BYTES;
  return value === null ? SMALL_VALUE_BYTES : Buffer.byteLength(JSON.stringify(value));
}

export function bytesOfError({ message, path = [] }: GraphQLError): number {
  return path.reduce<number>((sum, key) => sum + `${key}`.length, ERROR_BYTES + message.length);
}
