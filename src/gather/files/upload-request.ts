import type { IncomingMessage } from 'node:http';
import { GatherError } from '../errors.ts';
import { tooLarge } from './file-digest.ts';

/** The piece of a file that a request carries, by its headers. */
export interface Piece {
  /** Offset of the first byte; undefined if not stated. */
  offset: number | undefined;
  /** Number of bytes; undefined if not stated. */
  length: number | undefined;
  /** Size of the whole file; undefined if not stated. */
  size?: number | undefined;
}

const WHOLE_NUMBER = /^\d{1,15}$/;
/** RFC 9110, section 14.4; sent by `curl -C`. */
const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i;

/** @throws INVALID_INPUT if the headers are invalid or contradict each other */
export function toPiece({ headers }: IncomingMessage): Piece {
  const { 'content-range': range, 'content-length': given = '0' } = headers;
  const length = headers['transfer-encoding'] === undefined ? toNumber('Content-Length', given) : undefined;
  if (range !== undefined) return ofRange(range, length);
  const offset = headers['upload-offset'];
  return { offset: offset === undefined ? offset : toNumber('Upload-Offset', `${offset}`), length };
}

/**
 * Checks that a piece fits into the announced file, before its bytes arrive.
 * @throws TOO_LARGE if it exceeds the file, INVALID_INPUT if it belongs to a file of another size
 */
export function assertFits(piece: Piece, size: number): void {
  if (piece.size !== undefined && piece.size !== size) {
    throw new GatherError('INVALID_INPUT', `Expected the announced file of ${size} bytes, got one of ${piece.size}.`);
  }
  if ((piece.offset ?? 0) + (piece.length ?? 0) > size) throw tooLarge(size);
}

/**
 * Checks that a piece completes the file, if it states its length.
 * @throws INVALID_INPUT
 */
export function assertEnds({ offset = 0, length }: Piece, size: number): void {
  if (length !== undefined && offset + length < size) throw tooShort(size - offset, length);
}

/** The error for a piece that leaves bytes missing. */
export function tooShort(expected: number, got: number): GatherError {
  const message = `Expected all of the ${expected} missing bytes, got ${got}. Use PATCH to send a piece.`;
  return new GatherError('INVALID_INPUT', message);
}

function ofRange(range: string, length: number | undefined): Piece {
  const [, first, last, size] = CONTENT_RANGE.exec(range) ?? [];
  const offset = Number(first);
  const expected = Number(last) - offset + 1;
  if (!(expected >= 1)) {
    throw new GatherError('INVALID_INPUT', `Expected a Content-Range such as "bytes 100-199/200", got "${range}".`);
  }
  if (length !== undefined && length !== expected) {
    throw new GatherError('INVALID_INPUT', `Expected ${expected} bytes by the Content-Range, got ${length}.`);
  }
  return { offset, length: expected, size: size === '*' ? undefined : Number(size) };
}

function toNumber(name: string, value: string): number {
  if (WHOLE_NUMBER.test(value)) return Number(value);
  throw new GatherError('INVALID_INPUT', `Expected a number of bytes for ${name}, got "${value}".`);
}
