const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;
const AUTHORITY = /^(?:\[(?<address>[^\]]*)\]|(?<name>[^:]*))(?::\d+)?$/;

/** Whether what listens on this host can be reached from this machine only. An IPv6 address has no brackets here. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** The same of a `Host` header, which may say the port and has an IPv6 address in brackets. */
export function isLoopbackAuthority(authority: string): boolean {
  const { address, name } = AUTHORITY.exec(authority)?.groups ?? {};
  return isLoopback(address ?? name ?? '');
}
