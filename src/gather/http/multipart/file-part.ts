import type { Readable } from 'node:stream';
import { GatherError } from '../../errors.ts';
import { release } from '../../files/release.ts';
import { badRequest, isBadRequest } from '../bad-request.ts';
import type { ArrivedFile } from '../incoming-file.ts';

interface Listener {
  /** Called for each chunk that is read. */
  onChunk: () => void;
  /** Called when the reader disposes of the file. */
  onDisposed: () => void;
}

/** A file part of a multipart body. Its bytes stay in the socket until they are read. */
export class FilePart implements ArrivedFile {
  /** The form field, by which the map refers to it. */
  readonly field: string;
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly #stream: Readable;
  readonly #listener: Listener;
  #isRead = false;
  #isDone = false;

  constructor(field: string, name: string, stream: Readable, listener: Listener) {
    this.field = field;
    this.name = name;
    this.bytes = { [Symbol.asyncIterator]: () => this.#read() };
    this.#stream = stream;
    this.#listener = listener;
    // A reader gets the error; without one it is ignored.
    stream.on('error', () => {});
  }

  /** Whether nobody will read any more of it. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Drops the bytes that have not been read, so that the next part can arrive. */
  skip(): void {
    this.#isDone = true;
    this.#stream.resume();
  }

  /** Fails its present or future reader. */
  fail(error: Error): void {
    this.#stream.destroy(error);
  }

  [Symbol.dispose](): void {
    this.#isDone = true;
    this.#listener.onDisposed();
  }

  async *#read(): AsyncGenerator<Uint8Array, void, void> {
    if (this.#isRead || this.#isDone) throw outOfOrder();
    this.#isRead = true;
    try {
      // Not destroyed when a reader stops early: the parser would wait forever for its bytes to be consumed.
      for await (const chunk of this.#stream.iterator({ destroyOnReturn: false })) {
        this.#listener.onChunk();
        yield chunk;
        release(chunk);
      }
    } catch (error) {
      throw error instanceof GatherError || isBadRequest(error) ? error : brokenOff(error);
    }
  }
}

/** The error for a file that was already skipped or read. */
export function outOfOrder(): GatherError {
  return new GatherError(
    'INVALID_INPUT',
    'Expected the files in the order in which they are used, each used once; this one has already gone by.',
  );
}

/** The error for a body that violates RFC 7578 or ends too early. */
export function brokenOff(cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return badRequest(400, `Expected a whole multipart body, got one that is broken: ${reason}.`);
}
