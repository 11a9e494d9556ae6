import { Buffer } from 'node:buffer';
import type { Quota } from '../concurrency/quota.ts';

interface Holder {
  /** Of the bytes that are held for bodies which are not complete. */
  quota: Quota;
  /** Who sends it. */
  sender: () => string;
  maxBytes: number;
}

/** A body of at most this size is always held. */
export const SMALL_BYTES = 8192;
const NO_BYTES = Buffer.alloc(0);

/**
 * A body that comes in pieces. They are copied into one buffer, because each of a million pieces would take far more
 * memory than the byte that it may have. Drop it when it is used.
 */
export class BodyBuffer {
  readonly #holder: Holder;
  #buffer = NO_BYTES;
  #length = 0;
  #taken = 0;
  /** Asked for once: a connection that is closed does not say it. */
  #sender: string | undefined;

  constructor(holder: Holder) {
    this.#holder = holder;
  }

  /** What came so far. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** @returns whether there is room for it, and it is no more than there may be */
  add(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#buffer.length && !this.#grow(length)) return false;
    this.#buffer.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  drop(): void {
    this.#buffer = NO_BYTES;
    this.#length = 0;
    if (this.#sender !== undefined) this.#holder.quota.release(this.#sender, this.#taken);
    this.#taken = 0;
  }

  #grow(length: number): boolean {
    const { quota, sender, maxBytes } = this.#holder;
    if (length > maxBytes) return false;
    const capacity = Math.min(Math.max(length, 2 * this.#buffer.length), maxBytes);
    if (length > SMALL_BYTES) {
      this.#sender ??= sender();
      if (quota.acquire(this.#sender, capacity - this.#taken)) return false;
      this.#taken = capacity;
    }
    const larger = Buffer.allocUnsafe(capacity);
    larger.set(this.#buffer);
    this.#buffer = larger;
    return true;
  }
}
