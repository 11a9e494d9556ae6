import { notAtTheEnd } from './store-errors.ts';

/** Size of each part of a multipart upload but the last. S3 requires at least 5 MiB. */
export const PART_BYTES = 8 * 1024 * 1024;

/** An incomplete object. */
export interface Partial {
  /** ID of the multipart upload; undefined while all bytes are in the tail. */
  uploadId?: string | undefined;
  /** ETags of its parts, in order, each of `PART_BYTES`. */
  etags: readonly string[];
  /** The bytes after the parts, too few for another one. */
  tail: Buffer;
}

export const EMPTY: Partial = { etags: [], tail: Buffer.alloc(0) };

/** Number of bytes in parts and tail. */
export function sizeOf({ etags, tail }: Partial): number {
  return etags.length * PART_BYTES + tail.length;
}

/**
 * Drops the bytes after the offset.
 * @throws CONFLICT if the offset is beyond the end, or in the middle of a part
 */
export function cutAt(partial: Partial, offset: number): Partial {
  const parts = Math.min(Math.floor(offset / PART_BYTES), partial.etags.length);
  const tailBytes = offset - parts * PART_BYTES;
  const tail = parts === partial.etags.length ? partial.tail : EMPTY.tail;
  if (tailBytes > tail.length) throw notAtTheEnd(sizeOf(partial), offset);
  return { ...partial, etags: partial.etags.slice(0, parts), tail: tail.subarray(0, tailBytes) };
}

/** Encodes a line of JSON followed by the tail, so that both are written in one object. */
export function encode({ uploadId, etags, tail }: Partial): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ uploadId, etags })}\n`), tail]);
}

/** Decodes the result of `encode`. */
export function decode(bytes: Buffer): Partial {
  const end = bytes.indexOf('\n');
  const { uploadId, etags }: Omit<Partial, 'tail'> = JSON.parse(bytes.toString('utf8', 0, end));
  return { uploadId, etags, tail: bytes.subarray(end + 1) };
}
