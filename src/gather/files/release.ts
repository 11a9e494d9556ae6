/**
 * Gives the memory of bytes back at once, where nothing else is in it: whoever has them may not use them any more. The
 * garbage collector comes for such memory only once there are 64 MB of it.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}
