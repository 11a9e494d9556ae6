import type { IncomingHttpHeaders } from 'node:http';
import { isIP, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The parts of a request that identify its sender. */
interface Sender {
  socket: Pick<Socket, 'remoteAddress'>;
  headers: IncomingHttpHeaders;
}

/** Groups of 16 bits in the /64 network of an IPv6 address, which one customer of a provider has. */
const NETWORK_PIECES = 4;

/**
 * The IP address that a request comes from; an IPv4 address is written as one.
 * @param proxyHops how many proxies in front of the server can be trusted to add to `X-Forwarded-For`: what stands
 *   further left there, anybody may have written
 */
export function addressOf({ socket, headers }: Sender, proxyHops: number): string {
  const forwarded = proxyHops > 0 ? `${headers['x-forwarded-for'] ?? ''}`.split(',').at(-proxyHops)?.trim() : undefined;
  return toPlain(forwarded && isIP(forwarded) ? forwarded : (socket.remoteAddress ?? ''));
}

/** What stands for everybody behind an address where they are counted: of IPv6 the network, as one sender has 2^64. */
export function limitKeyOf(address: string): string {
  if (!address.includes(':')) return address;
  const pieces = ipaddr.IPv6.parse(address).parts.slice(0, NETWORK_PIECES);
  return `${pieces.map((piece) => piece.toString(16)).join(':')}::/64`;
}

/** Whose part of the server it is that somebody takes who is not signed in. */
export function toAddressKey(address: string): string {
  return `address ${limitKeyOf(address)}`;
}

/** An IPv4 address as one, also where the socket is of IPv6: `::ffff:192.0.2.1`. */
function toPlain(address: string): string {
  return address.includes(':') ? ipaddr.process(address).toString() : address;
}
