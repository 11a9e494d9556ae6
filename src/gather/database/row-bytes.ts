/** What a Buffer has, and its types leave out. */
interface Sliceable {
  latin1Slice(): string;
  utf8Slice(start: number, end: number): string;
}

/** Of more bytes no text is made as a whole. */
const MAX_WHOLE_BYTES = 100_000;
/** Of a longer slice V8 keeps a reference into the text, which takes longer to print as JSON than a copy. */
const MAX_COPIED = 12;
const MAX_ASCII = 127;

/** Bytes that arrived together. Short values are cut out of one text: a call for each takes several times as long. */
export class RowBytes {
  readonly bytes: Buffer;
  #whole: string | undefined;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The text of these bytes, which are UTF-8. */
  textOf(start: number, end: number): string {
    const { bytes } = this;
    const isShort = end - start <= MAX_COPIED && bytes.length <= MAX_WHOLE_BYTES;
    const slices = bytes as unknown as Sliceable;
    if (!isShort || !isAscii(bytes, start, end)) return slices.utf8Slice(start, end);
    this.#whole ??= slices.latin1Slice();
    return this.#whole.slice(start, end);
  }
}

/** In JavaScript: for short values a call of `buffer.isAscii` takes longer. */
function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) > MAX_ASCII) return false;
  return true;
}
