import type { IncomingMessage } from 'node:http';

/** What a load balancer asks, by address, with any query: nothing of it counts. */
const PROBES = new Set(['/health', '/ready']);
/** https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
const ABSOLUTE = /^https?:\/\/(?<host>[^/?#]*)(?<path>.*)$/is;

/**
 * Brings the target of a request into the one form that everything behind the door reads: a path with its query. The host of a target that is a whole URL takes the place of the header `Host`, as the standard says.
 */
export function simplifyTarget(request: IncomingMessage): void {
  const { method, url = '', headers } = request;
  const { host, path = url } = ABSOLUTE.exec(url)?.groups ?? {};
  if (host !== undefined) headers.host = host;
  const target = host === undefined || path.startsWith('/') ? path : `/${path}`;
  const bare = method === 'GET' || method === 'HEAD' ? target.replace(/\?.*/s, '') : target;
  request.url = PROBES.has(bare) ? bare : target;
}

/** Whether a request only asks how the server is. */
export function isProbe({ url = '' }: IncomingMessage): boolean {
  return PROBES.has(url);
}
