import { untilAborted } from '../abort.ts';

/**
 * Writes chunks of any size in blocks of equal size, the last of which may be smaller. While one block is written, the
 * next is filled. If the source fails or the signal aborts, the bytes received so far are still written before the error
 * is thrown. Takes the memory of two blocks.
 * @param write is called for one block after another; it may use the block until its promise resolves
 */
export async function writeInBlocks(
  chunks: AsyncIterable<Uint8Array>,
  blockBytes: number,
  signal: AbortSignal,
  write: (block: Buffer) => Promise<void>,
): Promise<void> {
  let writing = Promise.resolve();
  try {
    for await (const block of toBlocks(chunks, blockBytes, signal)) {
      await writing;
      writing = write(block);
      // A rejection is thrown where `writing` is awaited, which may be later.
      writing.catch(() => {});
    }
  } finally {
    await writing;
  }
}

/** Yields two alternating blocks: one may be used until the next but one is requested. */
async function* toBlocks(
  chunks: AsyncIterable<Uint8Array>,
  blockBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  let [block, other] = [new Block(blockBytes), new Block(blockBytes)];
  let failure: { error: unknown } | undefined;
  try {
    for await (const chunk of untilAborts(chunks, signal)) {
      for (let rest = chunk; rest.length > 0; ) {
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

/** Yields the chunks until the signal aborts, even if their source hangs. */
async function* untilAborts<T>(chunks: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, void> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    while (true) {
      signal.throwIfAborted();
      const { done, value } = await untilAborted(signal, iterator.next());
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: a stalled source would return only after its next chunk.
    void iterator.return?.().catch(() => {});
  }
}

/** A reusable buffer. Chunks are copied into it: many tiny ones would cost more memory than their bytes. */
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

  /** @returns the part that did not fit */
  add(chunk: Uint8Array): Uint8Array {
    // Not zeroed: pages that are never written take no memory.
    this.#memory ??= Buffer.allocUnsafeSlow(this.#maxBytes);
    const part = chunk.subarray(0, this.#maxBytes - this.#length);
    this.#memory.set(part, this.#length);
    this.#length += part.length;
    return chunk.subarray(part.length);
  }

  /** Empties the block. @returns its bytes */
  take(): Buffer {
    const bytes = (this.#memory ?? Buffer.alloc(0)).subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }
}
