/**
 * Frees the memory of bytes at once, if nothing else is in it: callers must not use them afterwards. The
 * garbage collector comes for such memory only once there are 64 MB of it.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}
