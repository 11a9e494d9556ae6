import { isWholeNumber } from './id.ts';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const NUMERIC = /^-?\d{1,1000}(\.\d{1,1000})?$/;
const DAY = /^(?!0000)(\d{4}-\d\d-\d\d)$/;
const TIMESTAMP = /^(?!0000)(\d{4}-\d\d-\d\d)[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(\+00|Z)?$/;
const INFINITE = /^-?infinity$/;

/** The types of whole numbers. */
const WHOLE: ReadonlySet<string> = new Set(['smallint', 'integer', 'bigint']);

/** Which texts a type holds, for the types that keys may have. PostgreSQL refuses a statement with any other value. */
const HOLDS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['smallint', (text) => isWholeIn(text, 15n)],
  ['integer', (text) => isWholeIn(text, 31n)],
  ['bigint', (text) => isWholeIn(text, 63n)],
  ['numeric', (text) => NUMERIC.test(text)],
  ['boolean', (text) => text === 'true' || text === 'false'],
  ['text', isText],
  ['bpchar', isText],
  ['uuid', (text) => UUID.test(text)],
  ['date', (text) => INFINITE.test(text) || isDay(DAY.exec(text)?.[1])],
  ['timestamp', isTimestamp],
  ['timestamptz', isTimestamp],
]);

/** Whether a key may have this type: it is known which texts it holds. */
export function isKeyType(type: string): boolean {
  return HOLDS.has(type);
}

/**
 * Whether a column of this type can hold a value: 3000000000 is no `integer`, and "x" is none. A statement with such a
 * value fails, although it only names no row. True of types that no key has, which are not looked into.
 */
export function isHeld(type: string, value: unknown): boolean {
  const holds = HOLDS.get(type);
  return !holds || isHeldBy(holds, value);
}

function isHeldBy(holds: (text: string) => boolean, value: unknown): boolean {
  return (typeof value !== 'string' && typeof value !== 'number') || holds(String(value));
}

/**
 * The values that a column of this type can hold, as the parameter of an array: whole numbers as its text, which needs no
 * escaping. Null is left out: it equals nothing.
 */
export function toHeldArray(type: string, values: readonly unknown[]): unknown {
  const holds = HOLDS.get(type);
  const held = values.filter((value) => value !== null && value !== undefined && (!holds || isHeldBy(holds, value)));
  return WHOLE.has(type) ? `{${held.join()}}` : held;
}

/** Whether a date exists. `Date` turns a day that its month does not have into one of the next month. */
export function isDay(text: string | undefined): boolean {
  if (text === undefined || !DAY.test(text)) return false;
  const midnight = new Date(`${text}T00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text);
}

/** Whether a text is an integer from -2^bits to 2^bits - 1. Numbers of less than 16 digits are compared as doubles. */
function isWholeIn(text: string, bits: bigint): boolean {
  if (!isWholeNumber(text)) return false;
  if (text.length < 16) return bits > 31n || isWithin(Number(text), 2 ** Number(bits));
  return text.length <= 20 && bits > 31n && BigInt(text) >= -(2n ** bits) && BigInt(text) < 2n ** bits;
}

function isWithin(number: number, limit: number): boolean {
  return number >= -limit && number < limit;
}

/** PostgreSQL's text has no NUL characters, and none of an unpaired surrogate. */
function isText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function isTimestamp(text: string): boolean {
  return INFINITE.test(text) || isDay(TIMESTAMP.exec(text)?.[1]);
}
