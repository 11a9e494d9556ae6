import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import { Quota } from '../concurrency/quota.ts';
import { addressOf } from './address.ts';

interface ConnectionsConfig {
  /** A client that takes nothing of its answer for so long is cut. */
  stallTimeoutMs: number;
  /** How many proxies stand in front of the server: the connections of many clients come from their addresses. */
  proxyHops: number;
}

/** With half a head sent on each they take 36 MB. */
const MAX_CONNECTIONS = 2000;
const MAX_OF_SENDER = 200;
const LOOKS_PER_TIMEOUT = 4;

/**
 * Keeps clients from holding what others need. Connections beyond 2,000, and beyond 200 of one address that is no
 * proxy's, are closed at once. One whose client takes nothing of its answer is cut after the timeout, a quarter more at
 * most; what the system holds for it is not seen.
 */
export function guardConnections(server: Server, { stallTimeoutMs, proxyHops }: ConnectionsConfig): void {
  // Node sets another one for idle connections, which must be told apart.
  const idleTimeoutMs = server.keepAliveTimeout + server.keepAliveTimeoutBuffer;
  const timeoutMs = stallTimeoutMs === idleTimeoutMs ? stallTimeoutMs + 1 : stallTimeoutMs;
  const sockets = new Set<Socket>();
  const quota = new Quota({ total: MAX_CONNECTIONS, perKey: proxyHops > 0 ? MAX_CONNECTIONS : MAX_OF_SENDER });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket: Socket) => {
    const sender = limitKeyOf(addressOf({ socket, headers: {} }, 0));
    if (quota.acquire(sender, 1)) return void socket.destroy();
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      quota.release(sender, 1);
    });
  });
  server.once('listening', () => {
    const look = () => {
      for (const socket of sockets) limitStall(socket, timeoutMs);
    };
    const timer = setInterval(look, timeoutMs / LOOKS_PER_TIMEOUT);
    server.once('close', () => clearInterval(timer));
  });
}

/**
 * Node's own timeout sees whether the system takes any bytes, and its server cuts a connection that it runs out for.
 * It is set for those only whose bytes wait: one that waits for us may do so.
 */
function limitStall(socket: Socket, timeoutMs: number): void {
  const hasBytes = socket.writableLength > 0;
  if (hasBytes && !socket.timeout) socket.setTimeout(timeoutMs);
  if (!hasBytes && socket.timeout === timeoutMs) socket.setTimeout(0);
}
