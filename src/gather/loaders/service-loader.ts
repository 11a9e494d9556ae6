import type DataLoader from 'dataloader';
import type { Key } from '../services/bulk.ts';
import type { BoundOperation } from '../services/operation.ts';
import { createLoader, type LoaderSource } from './batch.ts';

/** An operation of a service that is declared in its `bulk`. */
interface Declared {
  service: string;
  operation: string;
}

/** A loader of the values of a service, by the text of their keys; null for a key without one. */
export function createServiceLoader(
  name: string,
  source: LoaderSource,
  { service, operation }: Declared,
): DataLoader<Key, unknown, unknown> {
  // The types of the application's services say more than can be said of any service.
  const bound = Reflect.get(source.services, service) as Readonly<Record<string, BoundOperation>> | undefined;
  const readByKey = bound?.[operation]?.byKey;
  if (!readByKey) throw new Error(`Expected an operation in \`bulk\` of a service, got ${name}.`);
  return createLoader<Key, unknown>(name, source, readByKey as never, { toCacheKey: String }) as DataLoader<
    Key,
    unknown
  >;
}
