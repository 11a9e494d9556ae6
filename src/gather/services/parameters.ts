import { GatherError } from '../errors.ts';
import type { Parameter } from './contract.ts';

/** Text that is no segment of a path: a server would read another path. */
const NO_SEGMENT = /^\.{0,2}$/;
/** What an HTTP header may contain: https://www.rfc-editor.org/rfc/rfc9110#name-field-values */
const HEADER = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The text of a parameter in a path: `/critics/{number}`.
 * @throws INVALID_INPUT for a value that would lead to another path
 */
export function toSegment({ name, explode }: Parameter, value: unknown): string {
  const text = toList(value, explode, encoderOf(name)).join(',');
  if (NO_SEGMENT.test(text)) throw refused(name, 'a value that can be part of a path', value);
  return text;
}

/**
 * The pairs of a parameter in a query, encoded: `ids=1,2`. https://spec.openapis.org/oas/v3.1.1#style-examples
 * @throws INVALID_INPUT for text with unpaired surrogates, which has no UTF-8
 */
export function toQuery({ name, style, explode }: Parameter, value: unknown): string[] {
  const encode = encoderOf(name);
  const key = encode(name);
  if (style === 'json') return [`${key}=${encode(JSON.stringify(value))}`];
  if (style === 'deepObject' && isObject(value)) {
    return entriesOf(value).map(([part, text]) => `${encode(`${name}[${part}]`)}=${encode(text)}`);
  }
  if (explode && isObject(value)) {
    return entriesOf(value).map(([part, text]) => `${encode(part)}=${encode(text)}`);
  }
  if (explode && Array.isArray(value)) return value.map((part) => `${key}=${encode(String(part))}`);
  return [`${key}=${toList(value, false, encode).join(DELIMITERS[style] ?? ',')}`];
}

const DELIMITERS: Partial<Record<Parameter['style'], string>> = { spaceDelimited: '%20', pipeDelimited: '%7C' };

/** The text of a parameter in a header. @throws INVALID_INPUT for a value that a header cannot have */
export function toHeader({ name, style, explode }: Parameter, value: unknown): string {
  const text = style === 'json' ? JSON.stringify(value) : toList(value, explode, String).join(',');
  if (!HEADER.test(text)) throw refused(name, 'a value that a header can have', value);
  return text;
}

/** Percent-encodes the text of a parameter. */
function encoderOf(name: string): (text: string) => string {
  return (text) => {
    if (text.isWellFormed()) return encodeURIComponent(text);
    throw refused(name, 'text without unpaired surrogates', text);
  };
}

/** A value as OpenAPI's style `simple` lists it: an object as `name,value`, or exploded as `name=value`. */
function toList(value: unknown, explode: boolean, encode: (text: string) => string): string[] {
  if (Array.isArray(value)) return value.map((part) => encode(String(part)));
  if (!isObject(value)) return [encode(String(value))];
  const entries = entriesOf(value).map(([name, text]) => [encode(name), encode(text)] as const);
  return explode ? entries.map(([name, text]) => `${name}=${text}`) : entries.flat();
}

function entriesOf(value: object): [string, string][] {
  const defined = Object.entries(value).filter(([, part]) => part !== undefined && part !== null);
  return defined.map(([name, part]) => [name, String(part)]);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(field: string, expected: string, value: unknown): GatherError {
  return new GatherError('INVALID_INPUT', `Expected ${expected}, got ${JSON.stringify(value)}.`, { field });
}
