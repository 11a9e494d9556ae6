import type { Migration } from 'kysely/migration';
import { createJobs } from './0001-jobs.ts';
import { createFiles } from './0002-files.ts';
import { createAccounts } from './0003-accounts.ts';
import { countFiles } from './0004-file-counts.ts';
import { addOwners } from './0005-owners.ts';
import { grantStorage } from './0006-storage-rights.ts';

/** The migrations of the engine's own tables by name. Each runs once, in the order of their names. */
export function engineMigrations(schema: string): Readonly<Record<string, Migration>> {
  return {
    '0001-jobs': { up: createJobs(schema) },
    '0002-files': { up: createFiles(schema) },
    '0003-accounts': { up: createAccounts(schema) },
    '0004-file-counts': { up: countFiles(schema) },
    '0005-owners': { up: addOwners(schema) },
    '0006-storage-rights': { up: grantStorage(schema) },
  };
}
