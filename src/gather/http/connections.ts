import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import { Quota } from '../concurrency/quota.ts';
import { addressOf } from './address.ts';

interface ConnectionsConfig {
  /** A client that reads nothing of its response for this long is disconnected. */
  stallTimeoutMs: number;
  /** Number of proxies in front of the server. If there are any, many clients share their addresses. */
  proxyHops: number;
  /** Called with each connection that is closed because there are too many. */
  onRefused: (socket: Socket) => void;
}

/** With half a request head sent on each they take 36 MB. */
const MAX_CONNECTIONS = 2000;
const MAX_PER_ADDRESS = 200;
const CHECKS_PER_TIMEOUT = 4;

/**
 * Limits the connections that clients can hold. Connections beyond 2,000, and without proxies beyond 200 per address,
 * are closed at once. A connection whose client reads nothing of its response is closed after the timeout, or up to a
 * quarter later. Bytes in the system's socket buffers count as read.
 */
export function guardConnections(server: Server, { stallTimeoutMs, proxyHops, onRefused }: ConnectionsConfig): void {
  // Must differ from the timeout that Node sets on idle connections, to tell the two apart.
  const idleTimeoutMs = server.keepAliveTimeout + server.keepAliveTimeoutBuffer;
  const timeoutMs = stallTimeoutMs === idleTimeoutMs ? stallTimeoutMs + 1 : stallTimeoutMs;
  const sockets = new Set<Socket>();
  const quota = new Quota({ total: MAX_CONNECTIONS, perKey: proxyHops > 0 ? MAX_CONNECTIONS : MAX_PER_ADDRESS });
  server.maxConnections = MAX_CONNECTIONS;
  // Node's cluster would pass it to the next process; if all are full, round and round.
  Object.assign(server, { dropMaxConnection: true });
  server.on('connection', (socket: Socket) => {
    const sender = limitKeyOf(addressOf({ socket, headers: {} }, 0));
    if (quota.acquire(sender, 1)) {
      onRefused(socket);
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      quota.release(sender, 1);
    });
  });
  server.once('listening', () => {
    const check = () => {
      for (const socket of sockets) limitStall(socket, timeoutMs);
    };
    const timer = setInterval(check, timeoutMs / CHECKS_PER_TIMEOUT);
    server.once('close', () => clearInterval(timer));
  });
}

/**
 * Sets Node's socket timeout while bytes wait to be sent, and lifts it otherwise: a client may wait for the server as
 * long as it likes. The timer restarts whenever the system accepts bytes; when it fires, Node's server closes the socket.
 */
function limitStall(socket: Socket, timeoutMs: number): void {
  const hasBytes = socket.writableLength > 0;
  if (hasBytes && !socket.timeout) socket.setTimeout(timeoutMs);
  if (!hasBytes && socket.timeout === timeoutMs) socket.setTimeout(0);
}
