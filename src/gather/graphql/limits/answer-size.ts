import { GatherError } from '../../errors.ts';
import type { SizeLimit } from '../execution/size.ts';

/** Rows may be larger than the response built from them: they have columns for lookups, and numbers as text. */
const READ_PER_ANSWERED = 4;

/**
 * The limit of the size of a response, and of the bytes that PostgreSQL sends for it. If either is exceeded, `stop` is
 * called once.
 */
export class AnswerSize implements SizeLimit {
  readonly maxBytes: number;
  readonly #stop: (excess: GatherError) => void;
  #bytesRead = 0;
  #excess: GatherError | undefined;

  constructor(maxBytes: number, stop: (excess: GatherError) => void) {
    this.maxBytes = maxBytes;
    this.#stop = stop;
  }

  /** Why the operation was stopped; undefined while the response is within its limits. */
  get excess(): GatherError | undefined {
    return this.#excess;
  }

  /** Stops the operation. @returns ANSWER_TOO_LARGE */
  exceed(): GatherError {
    return this.#exceed('an answer', this.maxBytes);
  }

  /** Counts bytes that PostgreSQL sends, as they arrive. @returns false if the limit is exceeded */
  readonly addRead = (bytes: number): boolean => {
    this.#bytesRead += bytes;
    const most = this.maxBytes * READ_PER_ANSWERED;
    if (this.#bytesRead > most) this.#exceed('rows for an answer', most);
    return this.#excess === undefined;
  };

  /** Resets the count of what was read for the next part of an incremental response. */
  beginPart(): void {
    this.#bytesRead = 0;
  }

  #exceed(what: string, maxBytes: number): GatherError {
    if (this.#excess) return this.#excess;
    const message = `Expected ${what} of at most ${maxBytes.toLocaleString('en')} bytes (MAX_ANSWER_BYTES), got more: request fewer objects, fewer fields, or smaller pages.`;
    this.#excess = new GatherError('ANSWER_TOO_LARGE', message);
    this.#stop(this.#excess);
    return this.#excess;
  }
}
