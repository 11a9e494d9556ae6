/**
 * Frees the memory of a chunk at once, if nothing else shares it; the chunk must not be used afterwards. The garbage
 * collector frees such memory only once there are 64 MB of it.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}
