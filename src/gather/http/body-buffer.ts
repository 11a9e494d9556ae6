import { Buffer } from 'node:buffer';
import type { Quota } from '../concurrency/quota.ts';

interface BodyBufferOptions {
  /** Bounds the bytes buffered for incomplete bodies. */
  quota: Quota;
  /** The sender's key in the quota. */
  sender: () => string;
  maxBytes: number;
}

/** A body up to this size is buffered regardless of the quota. */
export const SMALL_BYTES = 8192;
const NO_BYTES = Buffer.alloc(0);

/**
 * Buffers the chunks of a body in one growing block of memory: a million chunks of one byte would take far more memory
 * than their bytes. Call `drop` when the body has been used.
 */
export class BodyBuffer {
  readonly #options: BodyBufferOptions;
  #buffer = NO_BYTES;
  #length = 0;
  #acquired = 0;
  /** Determined once: a closed connection no longer knows its address. */
  #sender: string | undefined;

  constructor(options: BodyBufferOptions) {
    this.#options = options;
  }

  /** The bytes received so far. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Appends a chunk. @returns false if that would exceed `maxBytes` or the quota */
  add(chunk: Uint8Array): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length && !this.#grow(length)) return false;
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
    return true;
  }

  /** Frees the memory and the share of the quota. */
  drop(): void {
    this.#buffer = NO_BYTES;
    this.#length = 0;
    if (this.#sender !== undefined) this.#options.quota.release(this.#sender, this.#acquired);
    this.#acquired = 0;
  }

  #grow(length: number): boolean {
    const { quota, sender, maxBytes } = this.#options;
    if (length > maxBytes) return false;
    const capacity = Math.min(Math.max(length, 2 * this.#buffer.length), maxBytes);
    if (length > SMALL_BYTES) {
      this.#sender ??= sender();
      if (quota.acquire(this.#sender, capacity - this.#acquired)) return false;
      this.#acquired = capacity;
    }
    const larger = Buffer.allocUnsafe(capacity);
    larger.set(this.#buffer);
    this.#buffer = larger;
    return true;
  }
}
