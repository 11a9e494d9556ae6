import type { MIMEType } from 'node:util';
import { decoderOf, mediaTypeOf } from '../header-fields.ts';
import { isKeptByJsonb, type Json } from '../json.ts';

/** A decoded body. */
export interface FetchedBody {
  /** Media type in lower case, without parameters; null if it is missing or invalid. */
  type: string | null;
  /** In bytes, decoded. */
  bytes: number;
  /**
   * For valid JSON in which no number would lose digits, its value; for any other text, the text, in the charset of the
   * type or UTF-8; for anything else, such as an image, null. NUL and lone surrogates, which PostgreSQL cannot store, are
   * replaced by U+FFFD.
   */
  body: Json;
}

const JSON_TYPE = /[/+]json$/;
const TEXT_TYPE = /^text\/|[/+-](json|xml|yaml|javascript|ndjson|x-www-form-urlencoded)$/;
/** Deeper JSON stays text. Nobody writes such JSON, and PostgreSQL and JSON.stringify have their limits far beyond. */
const MAX_DEPTH = 200;

/** Decodes the bytes of an answer by its `content-type`. */
export function toFetchedBody(contentType: string | undefined, bytes: Buffer): FetchedBody {
  const mediaType = mediaTypeOf(contentType);
  return { type: mediaType?.essence ?? null, bytes: bytes.length, body: toBody(mediaType, bytes) };
}

function toBody(mediaType: MIMEType | undefined, bytes: Buffer): Json {
  if (mediaType && !TEXT_TYPE.test(mediaType.essence)) return null;
  const text = (decoderOf(mediaType) ?? new TextDecoder()).decode(bytes);
  if (!mediaType || !JSON_TYPE.test(mediaType.essence)) return toStorableText(text);
  try {
    const value: Json = JSON.parse(text);
    return isKeptByJsonb(text) ? toStorable(value, MAX_DEPTH) : toStorableText(text);
  } catch {
    return toStorableText(text);
  }
}

function toStorable(value: Json, depthLeft: number): Json {
  if (typeof value === 'string') return toStorableText(value);
  if (value === null || typeof value !== 'object') return value;
  if (depthLeft === 0) throw new RangeError(`Nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((element) => toStorable(element, depthLeft - 1));
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, child]) => [toStorableText(key), toStorable(child, depthLeft - 1)]));
}

function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
