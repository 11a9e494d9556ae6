import ipaddr from 'ipaddr.js';

/** The block of IPv6 that is assigned to hosts of the internet. `::127.0.0.1` and the like are outside of it. */
const [GLOBAL_UNICAST, PREFIX_LENGTH] = ipaddr.IPv6.parseCIDR('2000::/3');
/** A public address, but on Azure it serves each virtual machine its own metadata. */
const AZURE_PLATFORM = '168.63.129.16';

/**
 * Whether an IP address is that of an internet host: not loopback, private, multicast or reserved. An IPv4-mapped IPv6
 * address counts as its IPv4 address. Translated and tunnelled addresses (NAT64, 6to4, Teredo) are never public, because
 * any address may be behind them. The zone is ignored.
 */
export function isPublicAddress(text: string): boolean {
  const address = ipaddr.process(text.replace(/%.*/, ''));
  if (address.range() !== 'unicast' || address.toString() === AZURE_PLATFORM) return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST, PREFIX_LENGTH);
}
