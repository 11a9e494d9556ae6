import { createLocalStore } from './local-store.ts';
import type { BucketConfig } from './s3-bucket.ts';
import { createS3Store } from './s3-store.ts';
import type { Store } from './store.ts';

/** Where files are kept: a directory of this machine, or a bucket that every machine reaches. */
export type StoreConfig = { directory: string } | { s3: BucketConfig };

/** Opens the store; nothing is asked of it yet. Close it. */
export function createStore(config: StoreConfig): Store {
  return 's3' in config ? createS3Store(config.s3) : createLocalStore(config.directory);
}
