import type { IncomingMessage, Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OpenRequests } from './open-requests.ts';

const CLOSE_IDLE_MS = 100;
/** Connections that the system keeps until they are accepted, unless `listen` is told otherwise. */
const BACKLOG = 511;

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
 * @param force cuts them off when it aborts
 */
export async function drain(
  server: Server,
  exchanges: OpenRequests,
  timeoutMs: number,
  force?: AbortSignal,
): Promise<void> {
  if (!server.listening) return;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const isOver = AbortSignal.any(force ? [late.signal, force] : [late.signal]);
  exchanges.end();
  await acceptAll(server, isOver);
  // A request may be on its way on a connection that is idle: that of HTTP would close it at once.
  const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve));
  const closing = setInterval(async () => {
    // In a turn of the event loop timers come before sockets: behind a long turn, requests wait to be read.
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
  // For HTTP's own timers.
  server.close();
}

/**
 * Accepts the connections that clients have opened by now, which a listener that closes would reset. The event loop accepts
 * one in a turn; those that come meanwhile are behind them.
 */
async function acceptAll(server: Server, isOver: AbortSignal): Promise<void> {
  let isAccepting = true;
  const accepted = () => {
    isAccepting = true;
  };
  server.on('connection', accepted).on('drop', accepted);
  // The rest of the present turn may be without a look at the listener.
  await nextTurn();
  for (let turn = 0; isAccepting && !isOver.aborted && turn < BACKLOG; turn++) {
    isAccepting = false;
    await nextTurn();
  }
  server.off('connection', accepted).off('drop', accepted);
}

/** Where a request was sent to, by its Host. */
export function originOf({ headers }: IncomingMessage): string {
  return new URL(`http://${headers.host}`).origin;
}

function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
