import type { MIMEType } from 'node:util';
import { decoderOf, mediaTypeOf } from '../header-fields.ts';
import { isKeptByJsonb, type Json } from '../json.ts';

/** What the bytes of an answer say. */
export interface FetchedBody {
  /** Media type in lower case without parameters; null where the answer named none that can be read. */
  type: string | null;
  /** In bytes, decoded. */
  bytes: number;
  /**
   * The value, if the type is JSON and that is what came, with no number that would lose digits; else the text, by the charset of the type or UTF-8. Null if
   * the type is not one of text, as that of an image is. Characters that PostgreSQL cannot store, NUL and halves of a
   * surrogate pair, are replaced by U+FFFD.
   */
  body: Json;
}

const JSON_TYPE = /[/+]json$/;
const TEXT_TYPE = /^text\/|[/+-](json|xml|yaml|javascript|ndjson|x-www-form-urlencoded)$/;
/** Deeper than what people write, and far from where PostgreSQL and JSON.stringify give up. JSON below it stays text. */
const MAX_DEPTH = 200;

/** Reads the bytes of an answer as its `content-type` says. */
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
  if (Array.isArray(value)) return value.map((item) => toStorable(item, depthLeft - 1));
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [toStorableText(key), toStorable(item, depthLeft - 1)]));
}

function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
