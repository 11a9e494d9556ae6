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
  const names = security.find((list) => list.length > 0 && list.every((name) => given[name] !== undefined)) ?? [];
  return names.flatMap((name) => {
    const credential = credentials[name];
    return credential ? [{ ...credential, value: given[name] ?? '' }] : [];
  });
}

/**
 * The credentials that are missing if no operation that needs any has its own; else none: an application need not call
 * all operations.
 */
export function findMissing({ operations }: Contract, given: Readonly<Record<string, string>>): readonly string[] {
  const isGiven = (name: string) => given[name] !== undefined;
  const all = Object.values<OperationContract>(operations).map(({ security = [] }) => security);
  const needed = all.filter((lists) => lists.length > 0 && lists.every((list) => list.length > 0));
  if (needed.some((lists) => lists.some((list) => list.every(isGiven)))) return [];
  const [first = []] = needed.flat();
  return first.filter((name) => !isGiven(name));
}
