import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { param } from '../database/statement.ts';

/** How many bytes files and announced uploads have. */
export interface StoredBytes {
  /** Of one owner; 0 where that is nobody. */
  ofOwner: number;
  ofAll: number;
}

/** How much is stored, what other transactions have committed included. */
export async function readStoredBytes(database: Database, owner: string | null): Promise<StoredBytes> {
  const statement = database.bind(
    'readStoredBytes',
    (table) => sql<{ owner: string; bytes: string }>`
      select owner, bytes from ${table('gather.storage')} where owner in ('', ${param('owner')})`,
    { owner: owner ?? '' },
  );
  const { rows } = await database.run(statement, { name: 'file.storedBytes' });
  const of = (whose: string) => Number(rows.find((row) => row.owner === whose)?.bytes ?? 0);
  return { ofOwner: owner === null ? 0 : of(owner), ofAll: of('') };
}

/**
 * How much is stored with what this transaction has added. Others that add wait from now on until it ends, so that what
 * is read is right when it commits: to be called late.
 */
export async function countStoredBytes(transaction: Database, owner: string | null): Promise<StoredBytes> {
  const counting = transaction.bind('countStoredBytes', () => sql`set constraints all immediate`, {});
  await transaction.run(counting, { name: 'file.countBytes' });
  return readStoredBytes(transaction, owner);
}
