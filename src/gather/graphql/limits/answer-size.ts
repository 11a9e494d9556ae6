import { GatherError } from '../../errors.ts';

/** Rows may be larger than the response built from them: they have columns for lookups, and numbers as text. */
const READ_PER_ANSWERED = 4;
/** Approximate size of a number, `true`, `null` or an enum value. */
const SMALL_VALUE_BYTES = 8;
/** Characters that JSON writes longer than UTF-8 does. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/**
 * Counts the bytes of one response while it is built, and those that PostgreSQL sends for it. If either exceed their
 * limit, `stop` is called once, and each further `add` throws the same error.
 */
export class AnswerSize {
  readonly #maxBytes: number;
  readonly #stop: (excess: GatherError) => void;
  #bytes = 0;
  #bytesRead = 0;
  #excess: GatherError | undefined;

  constructor(maxBytes: number, stop: (excess: GatherError) => void) {
    this.#maxBytes = maxBytes;
    this.#stop = stop;
  }

  /** Why the operation was stopped; undefined while the response is within its limits. */
  get excess(): GatherError | undefined {
    return this.#excess;
  }

  /** Counts bytes of the response. @throws ANSWER_TOO_LARGE */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) this.#exceed('an answer', this.#maxBytes);
    if (this.#excess) throw this.#excess;
  }

  /** Counts bytes that PostgreSQL sends, as they arrive. @returns false if the limit is exceeded */
  readonly addRead = (bytes: number): boolean => {
    this.#bytesRead += bytes;
    const most = this.#maxBytes * READ_PER_ANSWERED;
    if (this.#bytesRead > most) this.#exceed('rows for an answer', most);
    return this.#excess === undefined;
  };

  /** Resets the counts for the next part of an incremental response. */
  beginPart(): void {
    this.#bytes = 0;
    this.#bytesRead = 0;
  }

  #exceed(what: string, maxBytes: number): void {
    if (this.#excess) return;
    const message = `Expected ${what} of at most ${maxBytes.toLocaleString('en')} bytes (MAX_ANSWER_BYTES), got more: request fewer objects, fewer fields, or smaller pages.`;
    // Makes Yoga's executor discard the whole result, even if a nullable field failed.
    this.#excess = Object.assign(new GatherError('ANSWER_TOO_LARGE', message), {
      extensions: { CRITICAL_ERROR: true },
    });
    this.#stop(this.#excess);
  }
}

/** The size as JSON of a leaf value or a list of them. */
export function bytesOf(value: unknown): number {
  if (typeof value === 'string' && !ESCAPED.test(value)) return Buffer.byteLength(value) + 2;
  if (typeof value !== 'string' && typeof value !== 'object') return SMALL_VALUE_BYTES;
  return value === null ? SMALL_VALUE_BYTES : Buffer.byteLength(JSON.stringify(value));
}
