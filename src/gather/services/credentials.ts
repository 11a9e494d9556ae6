import type { Contract, Credential, OperationContract } from './contract.ts';
import type { Secret } from './request.ts';

type Credentials = Contract['credentials'];

const SUFFIXES = { bearer: 'TOKEN', basic: 'BASIC_AUTH', apiKey: 'API_KEY' } as const;

/**
 * The ends of the names of the settings with the credentials of a service, by credential: `TOKEN`, `API_KEY` and
 * `BASIC_AUTH`. Two of a kind are told apart by their names in the OpenAPI file.
 */
export function toSettingSuffixes(credentials: Credentials, toSettingName: (name: string) => string) {
  const all = Object.entries(credentials);
  const isAlone = ({ kind }: Credential) => all.filter(([, other]) => other.kind === kind).length === 1;
  return Object.fromEntries(
    all.map(([name, credential]) => [
      name,
      isAlone(credential) ? SUFFIXES[credential.kind] : toSettingName(name.replaceAll(/\W+/g, '_')),
    ]),
  );
}

/** The secrets to send with an operation: those of the first list of which all are given; else none. */
export function secretsFor(
  { security = [] }: OperationContract,
  credentials: Credentials,
  given: Readonly<Record<string, string>>,
): Secret[] {
  const names = security.find((list) => list.every((name) => given[name] !== undefined)) ?? [];
  return names.flatMap((name) => {
    const credential = credentials[name];
    return credential ? [{ ...credential, value: given[name] ?? '' }] : [];
  });
}

/** Names of credentials that operations of a service cannot be called without, and that are not given. */
export function findMissing({ operations }: Contract, given: Readonly<Record<string, string>>): string[] {
  const missing = new Set<string>();
  for (const { security = [] } of Object.values<OperationContract>(operations)) {
    const isMet = security.length === 0 || security.some((list) => list.every((name) => given[name] !== undefined));
    if (isMet) continue;
    for (const name of security[0] ?? []) if (given[name] === undefined) missing.add(name);
  }
  return [...missing];
}
