import type { IncomingMessage, Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OpenRequests } from './open-requests.ts';

const CLOSE_IDLE_MS = 100;
/** Node's default for the connections that the system queues until they are accepted. */
const BACKLOG = 511;

/**
 * Starts listening. @returns the address as a URL
 * @throws if the port is taken or the host is not an address of this machine
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
 * Stops accepting connections and lets open requests finish; their responses say `Connection: close`.
 * @param timeoutMs after which they are cut off
 * @param force cuts them off when it aborts
 */
export async function drain(
  server: Server,
  openRequests: OpenRequests,
  timeoutMs: number,
  force?: AbortSignal,
): Promise<void> {
  if (!server.listening) return;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const isOver = AbortSignal.any(force ? [late.signal, force] : [late.signal]);
  openRequests.end();
  await acceptAll(server, isOver);
  // Not `server.close()` of HTTP, which closes idle connections at once: a request may be on its way on one of them.
  const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
  const closing = setInterval(async () => {
    // Timers run before sockets in a turn of the event loop: after a long turn, requests may be waiting to be read.
    await nextTurn();
    server.closeIdleConnections();
  }, CLOSE_IDLE_MS);
  const cutOff = () => server.closeAllConnections();
  if (isOver.aborted) cutOff();
  else isOver.addEventListener('abort', cutOff, { once: true });
  await closed;
  isOver.removeEventListener('abort', cutOff);
  clearInterval(closing);
  clearTimeout(timer);
  // Stops HTTP's own timers.
  server.close();
}

/**
 * Accepts the connections that wait in the backlog, which closing the listener would reset. The event loop accepts one
 * per turn; later connections queue behind them.
 */
async function acceptAll(server: Server, isOver: AbortSignal): Promise<void> {
  let isAccepting = true;
  const accepted = () => {
    isAccepting = true;
  };
  server.on('connection', accepted).on('drop', accepted);
  // The rest of the current turn may not poll the listener.
  await nextTurn();
  for (let turn = 0; isAccepting && !isOver.aborted && turn < BACKLOG; turn++) {
    isAccepting = false;
    await nextTurn();
  }
  server.off('connection', accepted).off('drop', accepted);
}

/** The origin that a request was sent to, by its `Host`. */
export function originOf({ headers }: IncomingMessage): string {
  return new URL(`http://${headers.host}`).origin;
}

function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
