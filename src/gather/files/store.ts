import type { Readable } from 'node:stream';

/** A range of an object; both ends are included, as in HTTP. */
export interface ByteRange {
  start: number;
  end: number;
}

/** An entry in the listing of a store. */
export interface Stored {
  key: string;
  /** When it was last written to. */
  changedAt: Date;
}

/**
 * Stores the bytes of files. Keys are UUIDs created by Gather. An object is appended to, then completed, and never changed
 * afterwards; it cannot be read before it is complete. Memory does not depend on its size.
 */
export interface Store {
  /**
   * Appends bytes to an incomplete object, or begins one. If it fails or is aborted, bytes that arrived before may be kept:
   * `keptBytes` tells how many. If the store is full, nothing is kept.
   * When the signal aborts, it stops waiting for bytes at once, and settles once those that arrived are written.
   * @param offset where to append; bytes beyond it are dropped
   * @throws STORAGE_FULL, and CONFLICT if the object has fewer bytes than `offset`
   */
  append(key: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /** The number of durable bytes of an incomplete object, from which to continue. 0 if there is none. */
  keptBytes(key: string): Promise<number>;
  /**
   * Completes an object: from now on it can be read, on every machine that shares the store.
   * @throws STORAGE_FULL if there is no room for that; then nothing is kept
   */
  complete(key: string): Promise<void>;
  /** Reads a complete object or a range of it. A reader that stops early must destroy the stream. @throws NOT_FOUND */
  read(key: string, signal: AbortSignal, range?: ByteRange): Promise<Readable>;
  /** Removes an object, complete or not. Does nothing if there is none. */
  remove(key: string): Promise<void>;
  /** Lists all objects, complete or not, in no order. One that is completed meanwhile may appear twice. */
  list(signal: AbortSignal): AsyncIterable<Stored>;
  close(): Promise<void>;
}
