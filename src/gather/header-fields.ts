import { MIMEType } from 'node:util';

/** What Node and undici give of a header: a list where it came more than once. */
type Field = string | readonly string[] | null | undefined;

const NOT_ASCII = /[^\0-\x7f]/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The members of a header that is a list of tokens, such as `Content-Encoding`, in lower case: tokens have no case. */
export function tokensOf(field: Field): string[] {
  return [field ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((token) => token.trim().toLowerCase())
    .filter(Boolean);
}

/**
 * The media type of a `Content-Type`, read as browsers do: without case, parameters in quotes or not. undefined where
 * there is none, or none that can be read.
 */
export function mediaTypeOf(field: Field): MIMEType | undefined {
  const text = firstOf(field);
  if (!text) return undefined;
  try {
    return new MIMEType(text);
  } catch {
    return undefined;
  }
}

/** Decodes text by the charset of its media type, under any of its names: `utf8`. @returns undefined for an unknown one */
export function decoderOf(type: MIMEType | undefined): TextDecoder | undefined {
  const charset = type?.params.get('charset') ?? 'utf-8';
  try {
    return new TextDecoder(charset);
  } catch {
    return undefined;
  }
}

/** Whether text of this media type is UTF-8, which it is too where no charset is named. */
export function isUtf8(type: MIMEType): boolean {
  return !type.params.has('charset') || decoderOf(type)?.encoding === 'utf-8';
}

/** The first of what may be several. */
export function firstOf(field: Field): string | undefined {
  return [field ?? undefined].flat()[0];
}

/** Node reads each byte of a head as one character. @returns the text, where the bytes are UTF-8; else what was given */
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
  /** From 0, which is not acceptable, to 1. */
  weight: number;
}

/** What is between two commas, those in quotes apart. */
const MEMBER = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g;

/** What an `Accept` says: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */
export class Accept {
  readonly #ranges: readonly MediaRange[];

  /** @param field where there is none, anything is acceptable */
  constructor(field: string | null) {
    this.#ranges = (field || '*/*').match(MEMBER)?.flatMap((member) => toRange(member.trim())) ?? [];
  }

  /** How much a media type is wanted, by the range that is closest to it; 0 where it is not acceptable. */
  weightOf(essence: string): number {
    return this.#closestTo(essence)?.weight ?? 0;
  }

  /** Those of these media types that are acceptable, the one that is wanted most first. */
  select(essences: readonly string[]): string[] {
    const place = (essence: string) => {
      const range = this.#closestTo(essence);
      return { essence, weight: range?.weight ?? 0, index: range ? this.#ranges.indexOf(range) : 0 };
    };
    const acceptable = essences.map(place).filter(({ weight }) => weight > 0);
    return acceptable.sort((a, b) => b.weight - a.weight || a.index - b.index).map(({ essence }) => essence);
  }

  /** The acceptable ranges that name one of these media types, the one that is wanted most first. */
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

/** None for what cannot be read, and for a charset that nothing is sent in. */
function toRange(member: string): MediaRange[] {
  const type = mediaTypeOf(member);
  if (!type || !isUtf8(type)) return [];
  const weight = Number.parseFloat(type.params.get('q') ?? '1');
  return [{ type, weight: Number.isNaN(weight) ? 1 : Math.min(Math.max(weight, 0), 1) }];
}
