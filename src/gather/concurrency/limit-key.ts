import ipaddr from 'ipaddr.js';

/** The leading 16-bit groups of an IPv6 address: the /64 network that a provider assigns to one customer. */
const NETWORK_PIECES = 4;

/** The rate-limit key of an address: the /64 network of an IPv6 address, or the IPv4 address. */
export function limitKeyOf(address: string): string {
  if (!address.includes(':')) return address;
  const pieces = ipaddr.IPv6.parse(address).parts.slice(0, NETWORK_PIECES);
  return `${pieces.map((piece) => piece.toString(16)).join(':')}::/64`;
}

/** The rate-limit key of a client that is not signed in. */
export function toAddressKey(address: string): string {
  return `address ${limitKeyOf(address)}`;
}
