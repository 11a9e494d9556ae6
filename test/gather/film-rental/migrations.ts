import { readFileSync } from 'node:fs';
import type { AppMigration } from 'gather';
import { sql } from 'kysely';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

/** The database of others, created for the tests. */
export const migrations: Readonly<Record<string, AppMigration>> = {
  '0001-schema': async (database) => {
    await sql.raw(read('./schema.sql')).execute(database);
  },
  '0002-rows': async (database) => {
    // The rows come in one transaction already.
    await sql.raw(read('./seed.sql').replaceAll(/^(begin|commit);$/gm, '')).execute(database);
  },
};
