import type { Readable } from 'node:stream';
import { GatherError } from '../../errors.ts';
import { release } from '../../files/release.ts';
import { badRequest, isBadRequest } from '../graphql-params.ts';
import type { ArrivedFile } from '../incoming-file.ts';

interface Listener {
  /** Is told of each piece that is read. */
  onPiece: () => void;
  /** Is told when its reader has left it. */
  onLeft: () => void;
}

/** A file in the body of a request. Its bytes stay in the socket until they are read. */
export class Arrival implements ArrivedFile {
  /** Of the form: what the map calls it. */
  readonly field: string;
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly #stream: Readable;
  readonly #listener: Listener;
  #isRead = false;
  #isLeft = false;

  constructor(field: string, name: string, stream: Readable, listener: Listener) {
    this.field = field;
    this.name = name;
    this.bytes = { [Symbol.asyncIterator]: () => this.#read() };
    this.#stream = stream;
    this.#listener = listener;
    // Readers get the error; without readers it is dropped.
    stream.on('error', () => {});
  }

  /** Whether nobody will read any more of it. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Lets it pass unread, or what is left of it: only then can the next file come. */
  pass(): void {
    this.#isLeft = true;
    this.#stream.resume();
  }

  /** Fails its readers, now or later. */
  fail(error: Error): void {
    this.#stream.destroy(error);
  }

  [Symbol.dispose](): void {
    this.#isLeft = true;
    this.#listener.onLeft();
  }

  async *#read(): AsyncGenerator<Uint8Array, void, void> {
    if (this.#isRead || this.#isLeft) throw outOfOrder();
    this.#isRead = true;
    try {
      // Not destroyed by a reader that leaves early: the parser would wait for ever to be rid of its bytes.
      for await (const piece of this.#stream.iterator({ destroyOnReturn: false })) {
        this.#listener.onPiece();
        yield piece;
        release(piece);
      }
    } catch (error) {
      throw error instanceof GatherError || isBadRequest(error) ? error : brokenOff(error);
    }
  }
}

/** A file that has passed already. */
export function outOfOrder(): GatherError {
  return new GatherError(
    'INVALID_INPUT',
    'Expected the files in the order in which they are used, and each to be used once; this one has passed.',
  );
}

/** A body that is not as RFC 7578 wants it, or ends too early. */
export function brokenOff(cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return badRequest(400, `Expected a whole multipart body, got one that is broken: ${reason}.`);
}
