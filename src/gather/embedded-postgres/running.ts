import { dataDirectory, readPassword } from './data-directory.ts';
import { readPostmasterFile } from './postmaster-file.ts';

/** The URL of the embedded PostgreSQL that another process runs on `dataDir`; undefined if none is ready. */
export async function findRunning(dataDir: string): Promise<string | undefined> {
  const file = await readPostmasterFile(dataDirectory(dataDir));
  if (!file?.isReady) return undefined;
  return `postgres://gather:${await readPassword(dataDir)}@127.0.0.1:${file.port}/gather`;
}
