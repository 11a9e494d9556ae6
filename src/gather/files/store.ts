import type { Readable } from 'node:stream';

/** A part of an object, both ends included, as HTTP counts them. */
export interface ByteRange {
  start: number;
  end: number;
}

/** What a store has under a key. */
export interface Stored {
  key: string;
  /** When it was last written to. */
  changedAt: Date;
}

/**
 * Where the bytes of files are. Keys are UUIDs that Gather makes. An object is written a piece at a time, then completed,
 * and from then on never changed; what is not complete cannot be read. Memory stays the same however large it is.
 */
export interface Store {
  /**
   * Adds bytes to an object that is not complete, or begins one. Where it fails or is aborted, what arrived before may
   * be kept: `keptBytes` says how much. Where there is no room for it, nothing is kept.
   * The signal ends the waiting for bytes at once; the promise settles when what came by then is written.
   * @param offset how many bytes are there already, as `keptBytes` says
   * @throws STORAGE_FULL, and CONFLICT where fewer are there; what was written beyond it is forgotten
   */
  append(key: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /** How many bytes of an object that is not complete are kept for good: where to go on. 0 where there is none. */
  keptBytes(key: string): Promise<number>;
  /**
   * Makes an object whole: from now on it can be read, here and on every other machine that shares the store.
   * @throws STORAGE_FULL where there is no room for that; nothing is kept then
   */
  complete(key: string): Promise<void>;
  /** A complete object, or a part of it. A reader that stops early destroys the stream. @throws NOT_FOUND */
  read(key: string, signal: AbortSignal, range?: ByteRange): Promise<Readable>;
  /** Removes an object, complete or not. One that is not there is removed already. */
  remove(key: string): Promise<void>;
  /** All objects, complete or not, in no order. One that is completed meanwhile may come twice. */
  list(signal: AbortSignal): AsyncIterable<Stored>;
  close(): Promise<void>;
}
