import type { IncomingMessage } from 'node:http';
import { GatherError } from '../errors.ts';
import { tooLarge } from './file-digest.ts';

/** What a request says of the bytes that it has. */
export interface Piece {
  /** Where in the file they begin; undefined where nothing is said. */
  offset: number | undefined;
  /** How many they are; undefined where nothing is said. */
  length: number | undefined;
  /** How many the file has; undefined where nothing is said. */
  size?: number | undefined;
}

const WHOLE_NUMBER = /^\d{1,15}$/;
/** RFC 9110, section 14.4, as `curl -C` sends it. */
const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i;

/** @throws INVALID_INPUT where the headers cannot be read, or contradict each other */
export function toPiece({ headers }: IncomingMessage): Piece {
  const { 'content-range': range, 'content-length': given = '0' } = headers;
  const length = headers['transfer-encoding'] === undefined ? toNumber('Content-Length', given) : undefined;
  if (range !== undefined) return ofRange(range, length);
  const offset = headers['upload-offset'];
  return { offset: offset === undefined ? offset : toNumber('Upload-Offset', `${offset}`), length };
}

/**
 * Compares what is said of the bytes with what was announced, before they come.
 * @throws TOO_LARGE where they are more, INVALID_INPUT where they are of a file of another size
 */
export function assertFits(piece: Piece, size: number): void {
  if (piece.size !== undefined && piece.size !== size) {
    throw new GatherError('INVALID_INPUT', `Expected the file of ${size} bytes that was announced, got ${piece.size}.`);
  }
  if ((piece.offset ?? 0) + (piece.length ?? 0) > size) throw tooLarge(size);
}

/**
 * What has to end the file does so, as far as it says how long it is.
 * @throws INVALID_INPUT
 */
export function assertEnds({ offset = 0, length }: Piece, size: number): void {
  if (length !== undefined && offset + length < size) throw tooShort(size - offset, length);
}

/** All that is missing of a file was expected. */
export function tooShort(expected: number, got: number): GatherError {
  const message = `Expected all of the ${expected} bytes that are missing, got ${got}. PATCH takes pieces.`;
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
