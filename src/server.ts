import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const DRAIN_MS = 5000;
const CLOSE_IDLE_MS = 20;
const REST_MS = 5000;
const HOST = /^[\w.\-[\]:]+$/;

/**
 * Listens. @returns the address as a URL
 * @throws where the port is taken or the host is not this machine's
 */
export function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { port: actualPort } = server.address() as AddressInfo;
      resolve(`http://${hostOf(host)}:${actualPort}`);
    });
  });
}

/**
 * Takes no more requests and lets those under way finish for up to 5 seconds.
 * @param hurry cuts them off when it aborts
 */
export async function drain(server: Server, hurry?: AbortSignal): Promise<void> {
  if (!server.listening) return;
  const cutOff = () => server.closeAllConnections();
  const timer = setTimeout(cutOff, DRAIN_MS);
  // Node closes connections that are idle now; those that become idle would be kept for a next request.
  const closing = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
  hurry?.addEventListener('abort', cutOff, { once: true });
  if (hurry?.aborted) cutOff();
  await new Promise((resolve) => server.close(resolve));
  hurry?.removeEventListener('abort', cutOff);
  clearInterval(closing);
  clearTimeout(timer);
}

/**
 * Ends a connection whose request was answered before all of its body came, unless the rest comes within 5 seconds: a
 * client that sees no answer before it has sent everything has that long.
 */
export function cutUnread(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return;
    setTimeout(() => {
      if (!request.complete) request.destroy();
    }, REST_MS).unref();
  });
}

/** Where a request was sent to: by its Host, as far as that is one, or else by its socket. */
export function originOf({ headers, socket }: IncomingMessage): string {
  const { localAddress = '', localPort } = socket;
  const host = HOST.test(headers.host ?? '') ? headers.host : `${hostOf(localAddress)}:${localPort}`;
  return URL.parse(`http://${host}`)?.origin ?? `http://${hostOf(localAddress)}:${localPort}`;
}

function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
