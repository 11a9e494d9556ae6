import { setImmediate as turn } from 'node:timers/promises';

/** A prime, so that bytes at a wrong place are seen whatever the sizes of pieces and blocks are. */
const PERIOD = 251;
const PIECE_BYTES = 64 * 1024;
const periods = Buffer.from(Array.from({ length: PERIOD }, (_, index) => index));

/** A part of a file that goes on for ever: each byte is told by its place. */
export function bytesFrom(start: number, length: number): Buffer {
  const shift = start % PERIOD;
  return Buffer.alloc(length, Buffer.concat([periods.subarray(shift), periods.subarray(0, shift)]));
}

/** The same in pieces, as they come from a socket. */
export async function* piecesFrom(start: number, length: number, pieceBytes = PIECE_BYTES): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < length; sent += pieceBytes) {
    await turn();
    yield bytesFrom(start + sent, Math.min(pieceBytes, length - sent));
  }
}
