import type { IncomingHttpHeaders } from 'node:http';
import { isIP, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The parts of a request that identify its sender. */
interface Sender {
  socket: Pick<Socket, 'remoteAddress'>;
  headers: IncomingHttpHeaders;
}

/**
 * The IP address that a request comes from; an IPv4 address is written as one.
 * @param proxyHops how many proxies in front of the server can be trusted to add to `X-Forwarded-For`: what stands
 *   further left there, anybody may have written
 */
export function addressOf({ socket, headers }: Sender, proxyHops: number): string {
  const forwarded = proxyHops > 0 ? `${headers['x-forwarded-for'] ?? ''}`.split(',').at(-proxyHops)?.trim() : undefined;
  return toPlain(forwarded && isIP(forwarded) ? forwarded : (socket.remoteAddress ?? ''));
}

/** An IPv4 address as one, also where the socket is of IPv6: `::ffff:192.0.2.1`. */
function toPlain(address: string): string {
  return address.includes(':') ? ipaddr.process(address).toString() : address;
}
