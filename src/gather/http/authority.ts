import type { IncomingMessage } from 'node:http';
import type { Fault } from './refuse.ts';
import { shown } from './shown.ts';
import { isProbe } from './target.ts';

const TARGET = /^\/(?!\/)/;
/** Only hosts that every URL parser reads alike. */
const HOST = /^(?<name>\[[\da-f:.]+\]|[\w.-]+)(?::\d+)?$/i;

/** Finds what is wrong with the target or the `Host` of a request. */
export type CheckAuthority = (request: IncomingMessage) => Fault | undefined;

/**
 * Checks that the target is a path and that there is exactly one `Host`, with one of these names and any port.
 * @param names if empty, any name is accepted
 */
export function createAuthorityCheck(names: readonly string[]): CheckAuthority {
  const known = new Set(names.map((name) => name.toLowerCase()));
  return (request) => {
    const { url = '', headers, httpVersion } = request;
    if (!TARGET.test(url))
      return { status: 400, message: `Expected a path that begins with one slash, got ${shown(url)}.` };
    const { host = '' } = headers;
    // Some load balancers probe with HTTP/1.0, which has no such header.
    if (host === '' && httpVersion === '1.0' && isProbe(request)) return undefined;
    const name = HOST.exec(host)?.groups?.['name'];
    if (!name || !URL.canParse(`http://${host}`)) {
      return {
        status: 400,
        message: `Expected a host such as app.example:4000 in the header Host, got ${host === '' ? 'none' : shown(host)}.`,
        reason: 'host',
      };
    }
    if (hasTwoHosts(request)) return { status: 400, message: 'Expected one header Host, got two.', reason: 'host' };
    if (known.size === 0 || known.has(name.toLowerCase())) return undefined;
    // Load balancers probe by address.
    if (isProbe(request)) return undefined;
    return {
      status: 421,
      message: `Expected a request to a host that this server answers to (ALLOWED_HOSTS, PUBLIC_URL), got one to ${shown(name)}.`,
    };
  };
}

/** Node keeps the first, but a proxy in front may have routed by the other. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count > 1;
}
