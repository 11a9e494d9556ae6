import type { Check, ServiceClient } from 'gather';

interface Question<Body> {
  path: string;
  call: string;
  check: Check<Body>;
}

/** Asks a service about books, all of them in one call. */
export function askByBook<Body>(
  upstream: ServiceClient,
  { path, call, check }: Question<Body>,
  bookIds: readonly string[],
  signal: AbortSignal,
): Promise<Body> {
  return upstream.get(`${path}?books=${bookIds.join(',')}`, { call, keys: bookIds.length, signal, check });
}
