import { randomUUID } from 'node:crypto';

/** Any value of JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A text without either has only numbers that are read as they are written. */
const SUSPECT = /[\d.]{16}|\de/i;
/** Of JSON that was parsed before, so that every string ends. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.]*(?:e[+-]?\d+)?/gi;
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;
/** What `toPrecision` gives at most. */
const MAX_PRECISION = 100;
/** A longer number is not looked into. No program writes so many characters for a double. */
const MAX_LENGTH = 1000;
/** PostgreSQL writes a number of `jsonb` without an exponent, with all its zeros. */
const MAX_EXPONENT = 30;
/** The name in an object that stands for a number. It is not to be guessed. */
const BEYOND = randomUUID();
/** The values of `parseJson` with such an object somewhere inside. To look for it costs as much as to parse. */
const withBeyond = new WeakSet<object>();

/**
 * Any value of JSON, to be computed with. In place of a number that a double does not hold (9007199254740993, 1e400) there
 * is an object, for a check of types to refuse; `findBeyondDouble` names it.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!SUSPECT.test(text)) return value;
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || isHeldByDouble(token) ? token : `{"${BEYOND}":"${token}"}`,
  );
  if (marked === text) return value;
  const parsed: unknown = JSON.parse(marked);
  if (typeof parsed === 'object' && parsed !== null) withBeyond.add(parsed);
  return parsed;
}

/** Whether `parseJson` found a number that a double does not hold, somewhere inside of the value that it gave. */
export function hasBeyondDouble(value: unknown): boolean {
  return typeof value === 'object' && value !== null && withBeyond.has(value);
}

/** The first number in a value of `parseJson` that a double does not hold, and the path of names that leads to it. */
export function findBeyondDouble(value: unknown, path: string): { number: string; path: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, BEYOND)) return { number: String(Reflect.get(value, BEYOND)), path };
  for (const [name, part] of Object.entries(value)) {
    const found = findBeyondDouble(part, `${path}.${name}`);
    if (found) return found;
  }
  return undefined;
}

/** Whether JSON has the same numbers once it was parsed, kept in a `jsonb` column and written again. @param text valid JSON */
export function isKeptByJsonb(text: string): boolean {
  if (!SUSPECT.test(text)) return true;
  return !text.matchAll(STRING_OR_NUMBER).some(([token]) => !token.startsWith('"') && !isWrittenAlike(token));
}

/**
 * JSON of a value that is to be kept.
 * @throws an error of the program's for a number that JSON cannot write: NaN and Infinity would become null
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (name, part: unknown) => {
    if (typeof part !== 'number' || Number.isFinite(part)) return part;
    throw new Error(`Expected a number that JSON can write, got ${part}${name && ` as "${name}"`}.`);
  });
}

/** Whether the double, written with as many digits, is this number: also 0.10000000000000001, as some write 0.1. */
function isHeldByDouble(source: string): boolean {
  const value = Number(source);
  if (source === String(value)) return true;
  if (source.length > MAX_LENGTH || !Number.isFinite(value)) return false;
  const { digits, exponent } = toDecimal(source);
  if (digits.length > MAX_PRECISION) return false;
  const held = toDecimal(value.toPrecision(Math.max(1, digits.length)));
  return held.digits === digits && held.exponent === exponent;
}

function isWrittenAlike(source: string): boolean {
  if (source.length > MAX_LENGTH) return false;
  const { digits, exponent } = toDecimal(source);
  const written = toDecimal(String(Number(source)));
  return written.digits === digits && written.exponent === exponent && Math.abs(exponent) <= MAX_EXPONENT;
}

/** The digits from the first to the last that is not 0, and their power of ten: the same for 1e2, 100 and 100.0. */
function toDecimal(number: string): { digits: string; exponent: number } {
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(number) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (digits === '') return { digits, exponent: 0 };
  return { digits, exponent: Number(exponent) - fraction.length + all.length - digits.length };
}
