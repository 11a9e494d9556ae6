import { createLocalStore } from './local-store.ts';
import { createS3Store, type S3StoreConfig } from './s3-store.ts';
import type { Store } from './store.ts';

/** Where files are kept: a directory of this machine, or a bucket that every machine reaches. */
export type StoreConfig = { directory: string } | { s3: S3StoreConfig };

/** Opens the store; nothing is asked of it yet. Close it. */
export function createStore(config: StoreConfig): Store {
  return 's3' in config ? createS3Store(config.s3) : createLocalStore(config.directory);
}
