import type { Credential } from '../../services/contract.ts';
import { type Node, nodesIn, type OpenApiDocument, orUnsupported, Unsupported } from './document.ts';

/** The credentials of a file that can be sent, by name. */
export function findCredentials(document: OpenApiDocument): Record<string, Credential> {
  const { securitySchemes } = document.resolve(document.root['components']);
  const all = nodesIn(securitySchemes).flatMap(([name, scheme]) => {
    const resolved = orUnsupported(() => document.resolve(scheme));
    const credential = resolved instanceof Unsupported ? undefined : toCredential(resolved);
    return credential ? [[name, credential] as const] : [];
  });
  return Object.fromEntries(all);
}

/**
 * The lists of credentials that an operation accepts; none if it needs none.
 * @throws Unsupported if it accepts only those that cannot be sent
 */
export function findSecurity(document: OpenApiDocument, operation: Node): string[][] {
  const known = findCredentials(document);
  const given = nodesIn(operation['security'] ?? document.root['security']).map(([, names]) => Object.keys(names));
  const usable = given.filter((names) => names.every((name) => Object.hasOwn(known, name)));
  if (given.length === 0 || usable.length > 0) return usable;
  throw new Unsupported(`it needs ${given.flat().join(' or ')}, which is no token, password or key that can be sent`);
}

/** A token of OAuth 2.0 or OpenID Connect is sent like any other; getting and renewing one is not done here. */
function toCredential({ type, scheme, in: place, name }: Node): Credential | undefined {
  if (type === 'oauth2' || type === 'openIdConnect') return { kind: 'bearer' };
  if (type === 'http' && /^(bearer|basic)$/i.test(String(scheme))) {
    return { kind: String(scheme).toLowerCase() as 'bearer' | 'basic' };
  }
  if (type === 'apiKey' && (place === 'header' || place === 'query'))
    return { kind: 'apiKey', in: place, name: String(name) };
  return undefined;
}
