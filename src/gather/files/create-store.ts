import type { Logger } from '../monitoring/log.ts';
import { createLocalStore } from './local-store.ts';
import type { BucketConfig } from './s3-bucket.ts';
import { createS3Store } from './s3-store.ts';
import type { Store } from './store.ts';

/** Where files are stored: in a directory of this machine, or in a bucket shared by all machines. */
export type StoreConfig = { directory: string } | { s3: BucketConfig };

/** Creates the store, without accessing it yet. Close it. @param log for outages */
export function createStore(config: StoreConfig, log: Logger): Store {
  return 's3' in config ? createS3Store(config.s3, log) : createLocalStore(config.directory, log);
}
