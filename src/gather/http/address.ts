import type { IncomingHttpHeaders } from 'node:http';
import { isIP, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The parts of a request that identify its sender. */
interface Sender {
  socket: Pick<Socket, 'remoteAddress'>;
  headers: IncomingHttpHeaders;
}

/**
 * The IP address of the client. IPv4 addresses are never written as IPv6.
 * @param proxyHops number of trusted proxies that append to `X-Forwarded-For`; entries further left can be forged
 */
export function addressOf({ socket, headers }: Sender, proxyHops: number): string {
  const forwarded = proxyHops > 0 ? `${headers['x-forwarded-for'] ?? ''}`.split(',').at(-proxyHops)?.trim() : undefined;
  return toPlain(forwarded && isIP(forwarded) ? forwarded : (socket.remoteAddress ?? ''));
}

/** Turns an IPv4 address mapped to IPv6, `::ffff:192.0.2.1`, back into IPv4. */
function toPlain(address: string): string {
  return address.includes(':') ? ipaddr.process(address).toString() : address;
}
