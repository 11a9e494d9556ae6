import { untilAborted } from '../calls.ts';

/**
 * Writes pieces of any size in blocks of one size, of which only the last may be smaller; while one block is written,
 * the next is filled. Where the pieces end in an error, or the signal aborts, what has come by then is still written,
 * and then the error is thrown. Memory: two blocks.
 * @param write is called for one block after another, and may use it until it resolves
 */
export async function writeInBlocks(
  pieces: AsyncIterable<Uint8Array>,
  blockBytes: number,
  signal: AbortSignal,
  write: (block: Buffer) => Promise<void>,
): Promise<void> {
  let writing = Promise.resolve();
  try {
    for await (const block of toBlocks(pieces, blockBytes, signal)) {
      await writing;
      writing = write(block);
      // It is thrown where it is awaited, which may be a while later.
      writing.catch(() => {});
    }
  } finally {
    await writing;
  }
}

/** A block may be used until the one after the next is asked for: two of them take turns. */
async function* toBlocks(
  pieces: AsyncIterable<Uint8Array>,
  blockBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  let [block, other] = [new Block(blockBytes), new Block(blockBytes)];
  let failure: { error: unknown } | undefined;
  try {
    for await (const piece of untilAborts(pieces, signal)) {
      for (let rest = piece; rest.length > 0; ) {
        rest = block.add(rest);
        if (!block.isFull) continue;
        yield block.take();
        [block, other] = [other, block];
      }
    }
  } catch (error) {
    failure = { error };
  }
  if (!block.isEmpty) yield block.take();
  if (failure) throw failure.error;
}

/** Gives the pieces, and ends when the signal aborts, even if their source never answers again. */
async function* untilAborts<T>(pieces: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, void> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    while (true) {
      signal.throwIfAborted();
      const { done, value } = await untilAborted(signal, iterator.next());
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: a source that is silent would answer only when it speaks again.
    void iterator.return?.().catch(() => {});
  }
}

/** Memory that is filled again and again. Pieces are copied, lest many tiny ones cost more than the bytes in them. */
class Block {
  readonly #maxBytes: number;
  #memory: Buffer | undefined;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  get isFull(): boolean {
    return this.#length === this.#maxBytes;
  }

  /** @returns what did not fit */
  add(piece: Uint8Array): Uint8Array {
    // Not zeroed: what is not filled is not touched, and so takes no memory.
    this.#memory ??= Buffer.allocUnsafeSlow(this.#maxBytes);
    const part = piece.subarray(0, this.#maxBytes - this.#length);
    this.#memory.set(part, this.#length);
    this.#length += part.length;
    return piece.subarray(part.length);
  }

  /** What it was filled with. It is empty from now on. */
  take(): Buffer {
    const bytes = (this.#memory ?? Buffer.alloc(0)).subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }
}
