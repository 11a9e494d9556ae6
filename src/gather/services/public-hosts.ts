import type { LookupAddress } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { isPublicAddress } from './public-address.ts';
import { refusedHost } from './public-url.ts';

/** Resolves a name to all its addresses, like `lookup` of `node:dns/promises` with `{ all: true }`. */
export type Lookup = (hostname: string) => Promise<LookupAddress[]>;

/** The hosts that URLs of users may lead to. */
export interface PublicHosts {
  /**
   * Resolves a URL's host to addresses that may be connected to.
   * @throws INVALID_INPUT if one of them may not, with the same message as for an unknown name, which would otherwise tell
   *   the names of a private network
   */
  addressesOf(url: URL): Promise<LookupAddress[]>;
  /** Whether this address may be connected to for this URL. */
  accepts(url: URL, address: string): boolean;
}

const NOT_FOUND = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * The public hosts, and those in `allowed`: names (`intranet.example`), names or addresses with a port
 * (`intranet.example:8080`), addresses, and CIDR blocks (`10.1.0.0/16`).
 * @throws if an entry is invalid
 */
export function createPublicHosts(allowed: readonly string[], lookup: Lookup): PublicHosts {
  const addresses = toBlockList(allowed);
  const hosts = new Set(allowed.map((host) => host.toLowerCase()));

  function isAllowed({ protocol, hostname, port }: URL): boolean {
    const name = hostname.replace(/\.$/, '');
    return hosts.has(name) || hosts.has(`${name}:${port || (protocol === 'https:' ? 443 : 80)}`);
  }

  function accepts(url: URL, address: string): boolean {
    return isPublicAddress(address) || isAllowed(url) || addresses.check(address, familyOf(address));
  }

  async function addressesOf(url: URL): Promise<LookupAddress[]> {
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    const family = isIP(literal);
    if (family) {
      if (!accepts(url, literal)) throw refusedHost(url, `${literal} is not a public address`);
      return [{ address: literal, family }];
    }
    const found = await lookup(literal).catch(noneIfNotFound);
    if (found.length > 0 && found.every(({ address }) => accepts(url, address))) return found;
    throw refusedHost(url, 'no public host has that name');
  }

  return { accepts, addressesOf };
}

function toBlockList(allowed: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of allowed) {
    const [address = '', prefixLength] = entry.split('/');
    if (prefixLength !== undefined) list.addSubnet(address, toPrefixLength(prefixLength), familyOf(address));
    else if (isIP(address)) list.addAddress(address, familyOf(address));
  }
  return list;
}

/** `addSubnet` throws for what is not a number. */
function toPrefixLength(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

function noneIfNotFound(error: NodeJS.ErrnoException): LookupAddress[] {
  if (NOT_FOUND.has(error.code ?? '')) return [];
  throw error;
}
