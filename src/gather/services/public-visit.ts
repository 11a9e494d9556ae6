import { buildConnector, Client } from 'undici';
import { codeOf, GatherError } from '../errors.ts';
import { firstOf, fromBytes } from '../header-fields.ts';
import { decoded } from './decoded.ts';
import { failed, invalid, type RequestLabel } from './errors.ts';
import { type FetchedBody, toFetchedBody } from './fetched-body.ts';
import type { PublicHosts } from './public-hosts.ts';
import { refusedHost } from './public-url.ts';

/** The answer to a GET, with any status. */
export interface Fetched extends FetchedBody {
  status: number;
}

/** A redirect; `location` may be relative to the URL that was fetched. */
interface Redirect {
  location: string;
}

const HEADERS = { accept: '*/*', 'accept-encoding': 'gzip, br, deflate', 'user-agent': 'gather' };
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const NOT_TLS = /^(EPROTO$|ERR_SSL_)/;
const NOT_TRUSTED = /CERT|^UNABLE_TO_/;

/**
 * Sends one GET over a connection of its own, which is closed when the promise settles or the signal aborts.
 * @throws INVALID_INPUT before connecting, if `hosts` does not accept an address
 */
export async function visit(hosts: PublicHosts, url: URL, maxBytes: number, signal: AbortSignal) {
  let client: Client | undefined;
  try {
    const connect = await createConnector(hosts, url, signal);
    // The signal ends it in time.
    client = new Client(url.origin, {
      connect,
      pipelining: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: maxBytes,
    });
    return await get(client, url, maxBytes);
  } catch (error) {
    throw toFailure(url, error, maxBytes);
  } finally {
    await client?.destroy();
  }
}

/** Names the request in errors. */
export function labelOf(url: URL): RequestLabel {
  return { source: url.host, path: url.pathname };
}

/** Connects to one of the checked addresses, without a second DNS lookup, and checks the address of the connection. */
async function createConnector(hosts: PublicHosts, url: URL, signal: AbortSignal): Promise<buildConnector.connector> {
  const addresses = await hosts.addressesOf(url);
  signal.throwIfAborted();
  const connect = buildConnector({
    lookup: (_hostname, _options, callback) => callback(null, addresses),
    autoSelectFamily: true,
    allowH2: false,
    timeout: 0,
    // Destroys the socket even before it is connected, when undici does not know it yet.
    signal,
  });
  return (target, callback) =>
    connect(target, (...[error, socket]) => {
      if (error) return callback(error, null);
      if (socket.remoteAddress && hosts.accepts(url, socket.remoteAddress)) return callback(null, socket);
      socket.destroy();
      callback(refusedHost(url, 'no public host has that name'), null);
    });
}

async function get(client: Client, url: URL, maxBytes: number): Promise<Fetched | Redirect> {
  const path = url.pathname + url.search;
  const { statusCode: status, headers, body } = await client.request({ method: 'GET', path, headers: HEADERS });
  const location = firstOf(headers['location']);
  if (location && REDIRECTS.has(status)) return { location: fromBytes(location) };
  const raw = Buffer.from(await body.arrayBuffer());
  const bytes = await decoded(labelOf(url), raw, headers['content-encoding'], maxBytes);
  return { status, ...toFetchedBody(firstOf(headers['content-type']), bytes) };
}

function toFailure(url: URL, error: unknown, maxBytes: number): unknown {
  if (error instanceof GatherError) return error;
  const label = labelOf(url);
  const code = codeOf(error);
  if (NOT_TLS.test(code)) return invalid(label, 'a response that is not TLS', 'an answer over https', error);
  if (NOT_TRUSTED.test(code))
    return invalid(label, `TLS credentials that cannot be verified (${code})`, 'valid ones', error);
  return failed(label, error, maxBytes);
}
