import { randomUUID } from 'node:crypto';

/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Text without a match has only numbers that a double holds exactly. */
const SUSPECT = /\d(?:[\d.]{15}|e)/i;
/** For text that has been parsed, so that every string is terminated. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.]*(?:e[+-]?\d+)?/gi;
const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;
/** The limit of `toPrecision`. */
const MAX_PRECISION = 100;
/** Longer numbers count as not exact; no program writes so many characters for a double. */
const MAX_LENGTH = 1000;
/** PostgreSQL writes the numbers of `jsonb` without an exponent, with all their zeros. */
const MAX_EXPONENT = 30;
/** The key of an object that stands for such a number; random, so that no input can forge it. */
const BEYOND = randomUUID();
/** The results of `parseJson` that contain such an object. Searching for it costs as much as parsing. */
const withBeyond = new WeakSet<object>();
const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}');

/**
 * Parses JSON. A number that a double cannot hold (9007199254740993, 1e400) becomes an object, which type checks refuse;
 * `findBeyondDouble` finds it.
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

/** Whether a result of `parseJson` contains a number that a double cannot hold. */
export function hasBeyondDouble(value: unknown): boolean {
  return typeof value === 'object' && value !== null && withBeyond.has(value);
}

/** The first number in a result of `parseJson` that a double cannot hold, and its path. */
export function findBeyondDouble(value: unknown, path: string): { number: string; path: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, BEYOND)) return { number: String(Reflect.get(value, BEYOND)), path };
  for (const [name, part] of Object.entries(value)) {
    const found = findBeyondDouble(part, `${path}.${name}`);
    if (found) return found;
  }
  return undefined;
}

/** Whether the numbers of a JSON text survive parsing, a `jsonb` column and printing unchanged. @param text valid JSON */
export function isKeptByJsonb(text: string): boolean {
  if (!SUSPECT.test(text)) return true;
  return !text.matchAll(STRING_OR_NUMBER).some(([token]) => !token.startsWith('"') && !isWrittenAlike(token));
}

/**
 * The JSON text of a value to be stored.
 * @throws Error for NaN and Infinity, which `JSON.stringify` would turn into null
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (name, part: unknown) => {
    if (typeof part !== 'number' || Number.isFinite(part)) return part;
    throw new Error(`Expected a number that JSON can represent, got ${part}${name && ` as "${name}"`}.`);
  });
}

/**
 * Whether JSON has lists and objects in more than `max` levels, by its text, which need not be valid. A function that
 * walks a value calls itself for each level, and parsing a million of them takes a hundred times the memory of their text.
 */
export function isDeeperThan(max: number, text: string): boolean {
  let levels = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        index = endOfString(text, index);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (++levels > max) return true;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        levels--;
        break;
    }
  }
  return false;
}

/** The index of the quote that ends the string which begins at `start`, or of the end of the text. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = index;
  while (text.charCodeAt(backslashes - 1) === BACKSLASH) backslashes--;
  return (index - backslashes) % 2 === 1;
}

/** Whether a double, printed with as many digits, is this number. True for 0.10000000000000001, as some print 0.1. */
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

/** The digits without zeros at either end, and their power of ten: the same for 1e2, 100 and 100.0. */
function toDecimal(number: string): { digits: string; exponent: number } {
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(number) ?? [];
  const all = (whole + fraction).replace(/^0+/, '');
  const digits = all.replace(/0+$/, '');
  if (digits === '') return { digits, exponent: 0 };
  return { digits, exponent: Number(exponent) - fraction.length + all.length - digits.length };
}
