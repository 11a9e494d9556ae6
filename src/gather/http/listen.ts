import type { IncomingMessage, Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import type { Exchanges } from './exchanges.ts';

const CLOSE_IDLE_MS = 100;

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
 * Takes no more connections, and lets requests under way finish: their answers say that they are the last on their
 * connections.
 * @param timeoutMs cuts them off after so long
 * @param hurry cuts them off when it aborts
 */
export async function drain(
  server: Server,
  exchanges: Exchanges,
  timeoutMs: number,
  hurry?: AbortSignal,
): Promise<void> {
  if (!server.listening) return;
  const cutOff = () => server.closeAllConnections();
  const timer = setTimeout(cutOff, timeoutMs);
  exchanges.end();
  // A request may be on its way on a connection that is idle: that of HTTP would close it at once.
  const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
  const closing = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
  hurry?.addEventListener('abort', cutOff, { once: true });
  if (hurry?.aborted) cutOff();
  await closed;
  hurry?.removeEventListener('abort', cutOff);
  clearInterval(closing);
  clearTimeout(timer);
  // For HTTP's own timers.
  server.close();
}

/** Where a request was sent to, by its Host. */
export function originOf({ headers }: IncomingMessage): string {
  return new URL(`http://${headers.host}`).origin;
}

function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
