import ipaddr from 'ipaddr.js';

/** The 16-bit pieces of an IPv6 address that name the network of one customer of a provider. */
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
