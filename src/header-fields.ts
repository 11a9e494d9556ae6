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
