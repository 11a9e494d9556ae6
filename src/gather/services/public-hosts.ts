import type { LookupAddress } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { isPublicAddress } from './public-address.ts';
import { refusedHost, toPublicUrl } from './public-url.ts';

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
  /**
   * Checks what can be told without looking a name up: the spelling of the URL, and an address in place of a name.
   * @throws INVALID_INPUT
   */
  assertFetchable(text: string): void;
  /** Whether this address may be connected to for this URL. */
  accepts(url: URL, address: string): boolean;
}

const NO_PUBLIC_HOST = 'no public host has that name';
/** Names of this machine, by RFC 6761. */
const LOCAL_NAME = /(^|\.)localhost\.?$/;
const LOOPBACK = '127.0.0.1';
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

  /** The address in a URL, in place of a name; undefined for a name. */
  function literalOf(url: URL): LookupAddress | undefined {
    const address = hostOf(url);
    const family = isIP(address);
    if (!family) return undefined;
    if (!accepts(url, address)) throw refusedHost(url, `${address} is not a public address`);
    return { address, family };
  }

  async function addressesOf(url: URL): Promise<LookupAddress[]> {
    const literal = literalOf(url);
    if (literal) return [literal];
    const found = await lookup(hostOf(url)).catch(noneIfNotFound);
    if (found.length > 0 && found.every(({ address }) => accepts(url, address))) return found;
    throw refusedHost(url, NO_PUBLIC_HOST);
  }

  function assertFetchable(text: string): void {
    const url = toPublicUrl(text);
    const isLocal = LOCAL_NAME.test(url.hostname) && !accepts(url, LOOPBACK);
    if (!literalOf(url) && isLocal) throw refusedHost(url, NO_PUBLIC_HOST);
  }

  return { accepts, addressesOf, assertFetchable };
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
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
