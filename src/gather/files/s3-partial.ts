import { notAtTheEnd } from './store-errors.ts';

/** What a part of an upload to S3 holds; only the last may hold less. S3 asks for at least 5 MiB. */
export const PART_BYTES = 8 * 1024 * 1024;

/** An object that is not complete. */
export interface Partial {
  /** Of the multipart upload; undefined as long as all the bytes are in the tail. */
  uploadId?: string | undefined;
  /** What S3 calls its parts, each of `PART_BYTES`, in their order. */
  etags: readonly string[];
  /** The bytes after those, too few for a part. */
  tail: Buffer;
}

export const EMPTY: Partial = { etags: [], tail: Buffer.alloc(0) };

/** How many bytes there are. */
export function sizeOf({ etags, tail }: Partial): number {
  return etags.length * PART_BYTES + tail.length;
}

/**
 * What was written up to the offset.
 * @throws CONFLICT where it is beyond the end, or in the middle of a part
 */
export function cutAt(partial: Partial, offset: number): Partial {
  const parts = Math.min(Math.floor(offset / PART_BYTES), partial.etags.length);
  const tailBytes = offset - parts * PART_BYTES;
  const tail = parts === partial.etags.length ? partial.tail : EMPTY.tail;
  if (tailBytes > tail.length) throw notAtTheEnd(sizeOf(partial), offset);
  return { ...partial, etags: partial.etags.slice(0, parts), tail: tail.subarray(0, tailBytes) };
}

/** A line of JSON and the tail, so that both are written at once. */
export function encode({ uploadId, etags, tail }: Partial): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ uploadId, etags })}\n`), tail]);
}

/** Reads what `encode` has written. */
export function decode(bytes: Buffer): Partial {
  const end = bytes.indexOf('\n');
  const { uploadId, etags }: Omit<Partial, 'tail'> = JSON.parse(bytes.toString('utf8', 0, end));
  return { uploadId, etags, tail: bytes.subarray(end + 1) };
}
