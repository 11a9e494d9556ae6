import { Buffer } from 'node:buffer';
import { badRequest } from '../../http/bad-request.ts';

/** Most UTF-8 bytes of a UTF-16 code unit. */
const MAX_BYTES_OF_UNIT = 3;

/**
 * Refuses an operation whose text is too long, however it was sent, before it is hashed, cached or parsed. Large values
 * belong into variables.
 * @throws 413
 */
export function assertShort(query: string | null | undefined, maxBytes: number): void {
  if (query == null || query.length * MAX_BYTES_OF_UNIT <= maxBytes) return;
  const bytes = Buffer.byteLength(query);
  if (bytes <= maxBytes) return;
  throw badRequest(
    413,
    `Expected a query of at most ${maxBytes} bytes (MAX_QUERY_BYTES), got ${bytes}. Use variables.`,
  );
}
