import { MIMEType } from 'node:util';
import { LRUCache } from 'lru-cache';

/** The value of a header in Node and undici: a list if it was sent more than once. */
type Field = string | readonly string[] | null | undefined;

const NOT_ASCII = /[^\0-\x7f]/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The tokens of a list header such as `Content-Encoding`, in lower case: tokens are case-insensitive. */
export function tokensOf(field: Field): string[] {
  return [field ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((token) => token.trim().toLowerCase())
    .filter(Boolean);
}

/** Senders of one kind write the same text, which takes as long to parse as to read a small body. */
const parsed = new LRUCache<string, MIMEType>({ max: 100 });
/** Characters of a longer one, which is not kept. */
const MAX_KEPT_LENGTH = 500;

/**
 * Parses a `Content-Type` as browsers do: case-insensitive, parameters quoted or not. undefined if it is missing or
 * invalid. Do not change the result, which is shared.
 */
export function mediaTypeOf(field: Field): MIMEType | undefined {
  const text = firstOf(field);
  if (!text) return undefined;
  const known = parsed.get(text);
  if (known) return known;
  try {
    const type = new MIMEType(text);
    if (text.length <= MAX_KEPT_LENGTH) parsed.set(text, type);
    return type;
  } catch {
    return undefined;
  }
}

/** A decoder for the charset of a media type, under any of its names: `utf8`. @returns undefined for an unknown one */
export function decoderOf(type: MIMEType | undefined): TextDecoder | undefined {
  const charset = type?.params.get('charset') ?? 'utf-8';
  try {
    return new TextDecoder(charset);
  } catch {
    return undefined;
  }
}

/** Whether text of this media type is UTF-8, the default if it names no charset. */
export function isUtf8(type: MIMEType): boolean {
  return !type.params.has('charset') || decoderOf(type)?.encoding === 'utf-8';
}

/** The first value of a header that may be repeated. */
export function firstOf(field: Field): string | undefined {
  return typeof field === 'string' ? field : field?.[0];
}

/** Decodes a header value as UTF-8: Node reads each byte as one character. @returns the input if it is not UTF-8 */
export function fromBytes(text: string): string {
  if (!NOT_ASCII.test(text)) return text;
  try {
    return utf8.decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}

/** One of the media types that a client accepts; either half may be `*`. */
interface MediaRange {
  type: MIMEType;
  /** From 0, not acceptable, to 1. */
  weight: number;
}

/** Text between commas, except commas in quotes. */
const MEMBER = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g;

/** A parsed `Accept` header: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */
export class Accept {
  readonly #ranges: readonly MediaRange[];

  /** @param field if missing, anything is acceptable */
  constructor(field: string | null) {
    this.#ranges = (field || '*/*').match(MEMBER)?.flatMap((member) => toRange(member.trim())) ?? [];
  }

  /** The weight of a media type, by the most specific range that matches; 0 if it is not acceptable. */
  weightOf(essence: string): number {
    return this.#closestTo(essence)?.weight ?? 0;
  }

  /** The acceptable ones of these media types, highest weight first. */
  select(essences: readonly string[]): string[] {
    const place = (essence: string) => {
      const range = this.#closestTo(essence);
      return { essence, weight: range?.weight ?? 0, index: range ? this.#ranges.indexOf(range) : 0 };
    };
    const acceptable = essences.map(place).filter(({ weight }) => weight > 0);
    return acceptable.sort((a, b) => b.weight - a.weight || a.index - b.index).map(({ essence }) => essence);
  }

  /** The acceptable ranges that name one of these media types, highest weight first. */
  rangesFor(essences: readonly string[]): MediaRange[] {
    const named = this.#ranges.filter(({ type, weight }) => weight > 0 && essences.includes(type.essence));
    return named.sort((a, b) => b.weight - a.weight);
  }

  #closestTo(essence: string): MediaRange | undefined {
    for (const pattern of [essence, `${essence.split('/', 1)[0]}/*`, '*/*']) {
      const ranges = this.#ranges.filter(({ type }) => type.essence === pattern);
      const [first] = ranges.sort((a, b) => b.weight - a.weight);
      if (first) return first;
    }
    return undefined;
  }
}

/** An empty list for an invalid range, or one with a charset other than UTF-8. */
function toRange(member: string): MediaRange[] {
  const type = mediaTypeOf(member);
  if (!type || !isUtf8(type)) return [];
  const weight = Number.parseFloat(type.params.get('q') ?? '1');
  return [{ type, weight: Number.isNaN(weight) ? 1 : Math.min(Math.max(weight, 0), 1) }];
}
