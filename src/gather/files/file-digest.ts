import { createHash } from 'node:crypto';
import { fileTypeFromBuffer } from 'file-type';
import { GatherError } from '../errors.ts';

/** As much as is needed to tell what a file is. */
const HEAD_BYTES = 4100;
const UNKNOWN = 'application/octet-stream';
/** Characters that no text has: the control characters, but for those that end and indent lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const NOT_TEXT = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/;

/** What a file is, told by its bytes. */
export interface Described {
  size: number;
  sha256: string;
  type: string;
}

/** Lets the bytes of one file pass, and tells what they were: how many, their SHA-256, and their type by the content. */
export class FileDigest {
  readonly #hash = createHash('sha256');
  readonly #maxBytes: number;
  readonly #onType: (type: string) => void;
  readonly #head: Uint8Array[] = [];
  #headBytes = 0;
  #size = 0;

  /**
   * @param maxBytes beyond which TOO_LARGE is thrown, at once
   * @param onType is told what it is as soon as that is known; what it throws ends the passage
   */
  constructor(maxBytes: number, onType: (type: string) => void = () => {}) {
    this.#maxBytes = maxBytes;
    this.#onType = onType;
  }

  /** The bytes as they are. To be called once. */
  async *through(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of bytes) {
      this.#size += chunk.length;
      if (this.#size > this.#maxBytes) throw tooLarge(this.#maxBytes);
      this.#hash.update(chunk);
      if (this.#keepHead(chunk)) this.#onType(await toType(Buffer.concat(this.#head)));
      yield chunk;
    }
  }

  /** What has passed. To be called once, at the end. */
  async describe(): Promise<Described> {
    return { size: this.#size, sha256: this.#hash.digest('hex'), type: await toType(Buffer.concat(this.#head)) };
  }

  /** @returns whether it is complete by this chunk */
  #keepHead(chunk: Uint8Array): boolean {
    if (this.#headBytes >= HEAD_BYTES) return false;
    // A copy, because the chunk's memory may be reused.
    const part = Uint8Array.from(chunk.subarray(0, HEAD_BYTES - this.#headBytes));
    this.#head.push(part);
    this.#headBytes += part.length;
    return this.#headBytes >= HEAD_BYTES;
  }
}

/** A file that is larger than it may be. */
export function tooLarge(maxBytes: number): GatherError {
  return new GatherError('TOO_LARGE', `Expected a file of at most ${maxBytes} bytes, got more.`);
}

/** Content of an unknown signature is text if it looks like text, and otherwise binary. */
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
