import { GatherError } from '../../errors.ts';

/** Rows may have more than the answer that is made of them: columns of rows that are looked up, numbers as text. */
const READ_PER_ANSWERED = 4;
/** A number, `true`, `null`, or the value of an enum: about. */
const SMALL_VALUE_BYTES = 8;

/**
 * Counts the bytes of one answer while it is made, and those that PostgreSQL sends for it. Where either are too many,
 * `stop` is called once, and each further `add` throws the same error.
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

  /** Why the operation was stopped; undefined while the answer is within its limit. */
  get excess(): GatherError | undefined {
    return this.#excess;
  }

  /** Counts what goes into the answer. @throws GatherError ANSWER_TOO_LARGE */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) this.#exceed('an answer', this.#maxBytes);
    if (this.#excess) throw this.#excess;
  }

  /** Counts what a statement gives, as it arrives. @returns whether more may come */
  readonly addRead = (bytes: number): boolean => {
    this.#bytesRead += bytes;
    const most = this.#maxBytes * READ_PER_ANSWERED;
    if (this.#bytesRead > most) this.#exceed('rows for an answer', most);
    return this.#excess === undefined;
  };

  /** Begins with the next part of an answer in parts, once the client has taken the one before. */
  beginPart(): void {
    this.#bytes = 0;
    this.#bytesRead = 0;
  }

  #exceed(what: string, maxBytes: number): void {
    if (this.#excess) return;
    const message = `Expected ${what} of at most ${maxBytes.toLocaleString('en')} bytes (MAX_ANSWER_BYTES), got more: ask for fewer objects or fields, or for a page at a time.`;
    // Yoga's executor gives the whole answer up for such an error, also below fields that may be null.
    this.#excess = Object.assign(new GatherError('ANSWER_TOO_LARGE', message), {
      extensions: { CRITICAL_ERROR: true },
    });
    this.#stop(this.#excess);
  }
}

/** How many bytes a value of a scalar, an enum, or a list of them takes as JSON. */
export function bytesOf(value: unknown): number {
  if (typeof value !== 'string' && typeof value !== 'object') return SMALL_VALUE_BYTES;
  return value === null ? SMALL_VALUE_BYTES : Buffer.byteLength(JSON.stringify(value));
}
