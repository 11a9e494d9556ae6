import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { param } from '../database/statement.ts';

/** Bytes of files and announced uploads. */
export interface StoredBytes {
  /** Bytes of one owner; 0 for null. */
  ofOwner: number;
  ofAll: number;
}

/** Reads how many bytes are stored, as of the last commits. */
export async function readStoredBytes(database: Database, owner: string | null): Promise<StoredBytes> {
  const statement = database.bind(
    'readStoredBytes',
    (table) => sql<{ owner: string; bytes: string }>`
      select owner, bytes from ${table('gather.storage')} where owner in ('', ${param('owner')})`,
    { owner: owner ?? '' },
  );
  const { rows } = await database.asServer.run(statement, { name: 'file.storedBytes' });
  const of = (whose: string) => Number(rows.find((row) => row.owner === whose)?.bytes ?? 0);
  return { ofOwner: owner === null ? 0 : of(owner), ofAll: of('') };
}

/**
 * Counts the stored bytes with what this transaction has added. Other transactions that add bytes then wait until this
 * one ends, so the count still holds at commit. Call it late.
 */
export async function countStoredBytes(transaction: Database, owner: string | null): Promise<StoredBytes> {
  const counting = transaction.bind('countStoredBytes', () => sql`set constraints all immediate`, {});
  await transaction.asServer.run(counting, { name: 'file.countBytes' });
  return readStoredBytes(transaction, owner);
}
