import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { param } from '../database/statement.ts';

/** Grace period for an upload whose last bytes arrive just before it expires. */
const GRACE = '1 hour';

/**
 * Deletes up to `limit` uploads that expired a while ago, except those being completed right now.
 * @returns the keys of their bytes
 */
export async function deleteExpiredUploads(database: Database, limit: number): Promise<string[]> {
  const statement = database.bind(
    'deleteExpiredUploads',
    (table) => sql<{ key: string }>`
      delete from ${table('gather.upload')} where id = any(array(
        select id from ${table('gather.upload')} where "expiresAt" < now() - interval ${sql.lit(GRACE)}
        limit ${param('limit')} for update skip locked
      )) returning key`,
    { limit },
  );
  return toKeys(await database.run(statement, { name: 'upload.deleteExpired' }));
}

/** Finds the keys that belong to neither a file nor an upload. */
export async function findOrphans(database: Database, keys: readonly string[]): Promise<string[]> {
  const statement = database.bind(
    'findOrphans',
    (table) => sql<{ key: string }>`
      select key from unnest(${param('keys')}::uuid[]) as object (key)
      where not exists (select from ${table('gather.file')} where file.key = object.key)
        and not exists (select from ${table('gather.upload')} where upload.key = object.key)`,
    { keys },
  );
  return toKeys(await database.run(statement, { name: 'file.orphans', keys: keys.length }));
}

function toKeys({ rows }: { rows: { key: string }[] }): string[] {
  return rows.map(({ key }) => key);
}
