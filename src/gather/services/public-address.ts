import ipaddr from 'ipaddr.js';

/** All that is given to hosts of the internet so far. Below it are `::127.0.0.1` and other forms of IPv4 in IPv6. */
const [GLOBAL_UNICAST, PREFIX_LENGTH] = ipaddr.IPv6.parseCIDR('2000::/3');
/** Public by its number, but on Azure it answers each machine with what is for that machine alone. */
const AZURE_PLATFORM = '168.63.129.16';

/**
 * Whether an IP address belongs to a host of the internet, and not to this machine, a private network, a group or a
 * reserved block. An IPv4 address that is mapped into IPv6 is judged as itself; those that are translated or tunnelled
 * (NAT64, 6to4, Teredo) are never public, because the address behind them may be any. The zone of an address does not
 * matter.
 */
export function isPublicAddress(text: string): boolean {
  const address = ipaddr.process(text.replace(/%.*/, ''));
  if (address.range() !== 'unicast' || address.toString() === AZURE_PLATFORM) return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST, PREFIX_LENGTH);
}
