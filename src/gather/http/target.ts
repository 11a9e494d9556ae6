import type { IncomingMessage } from 'node:http';

/** Paths that load balancers request, by address and with any query, which is ignored. */
const PROBES = new Set(['/health', '/ready']);
/** https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
const ABSOLUTE = /^https?:\/\/(?<host>[^/?#]*)(?<path>.*)$/is;

/**
 * Reduces the target of a request to a path with its query, the only form that routes expect. If the target is an
 * absolute URL, its host replaces the `Host` header, as the standard demands.
 */
export function simplifyTarget(request: IncomingMessage): void {
  const { method, url = '', headers } = request;
  const { host, path = url } = ABSOLUTE.exec(url)?.groups ?? {};
  if (host !== undefined) headers.host = host;
  const target = host === undefined || path.startsWith('/') ? path : `/${path}`;
  const bare = method === 'GET' || method === 'HEAD' ? target.replace(/\?.*/s, '') : target;
  request.url = PROBES.has(bare) ? bare : target;
}

/** Whether a request is a health check. */
export function isProbe({ url = '' }: IncomingMessage): boolean {
  return PROBES.has(url);
}
