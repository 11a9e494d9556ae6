import { createHash } from 'node:crypto';
import { fileTypeFromBuffer } from 'file-type';
import { GatherError } from '../errors.ts';

/** Bytes needed to detect the type of a file. */
const HEAD_BYTES = 4100;
const UNKNOWN = 'application/octet-stream';
/** Characters that do not occur in text: control characters, except those for lines, tabs and escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const NOT_TEXT = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/;

/** The properties of a file that follow from its bytes. */
export interface FileDescription {
  size: number;
  sha256: string;
  type: string;
}

/** Passes the bytes of a file through, and determines their number, their SHA-256, and the type of the content. */
export class FileDigest {
  readonly #hash = createHash('sha256');
  readonly #maxBytes: number;
  readonly #onType: (type: string) => void;
  readonly #head: Uint8Array[] = [];
  #headBytes = 0;
  #size = 0;

  /**
   * @param maxBytes beyond which TOO_LARGE is thrown at once
   * @param onType is called as soon as the type is known; if it throws, reading ends with its error
   */
  constructor(maxBytes: number, onType: (type: string) => void = () => {}) {
    this.#maxBytes = maxBytes;
    this.#onType = onType;
  }

  /** Passes the bytes through unchanged. Call it once. */
  async *through(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of bytes) {
      this.#size += chunk.length;
      if (this.#size > this.#maxBytes) throw tooLarge(this.#maxBytes);
      this.#hash.update(chunk);
      if (this.#keepHead(chunk)) this.#onType(await toType(Buffer.concat(this.#head)));
      yield chunk;
    }
  }

  /** Describes the bytes that have passed. Call it once, at the end. */
  async describe(): Promise<FileDescription> {
    return { size: this.#size, sha256: this.#hash.digest('hex'), type: await toType(Buffer.concat(this.#head)) };
  }

  /** @returns whether this chunk completes the head */
  #keepHead(chunk: Uint8Array): boolean {
    if (this.#headBytes >= HEAD_BYTES) return false;
    // A copy, because the chunk's memory may be reused.
    const part = Uint8Array.from(chunk.subarray(0, HEAD_BYTES - this.#headBytes));
    this.#head.push(part);
    this.#headBytes += part.length;
    return this.#headBytes >= HEAD_BYTES;
  }
}

/** The error for a file that is too large. */
export function tooLarge(maxBytes: number): GatherError {
  return new GatherError('TOO_LARGE', `Expected a file of at most ${maxBytes} bytes, got more.`);
}

/** Content with an unknown signature is text if it looks like text, and otherwise binary. */
async function toType(head: Buffer): Promise<string> {
  const known = await fileTypeFromBuffer(head).catch(() => undefined);
  if (known) return known.mime;
  return head.length > 0 && isText(head) ? 'text/plain' : UNKNOWN;
}

/** The head may end in the middle of a character. */
function isText(head: Buffer): boolean {
  try {
    return !NOT_TEXT.test(new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true }));
  } catch {
    return false;
  }
}
