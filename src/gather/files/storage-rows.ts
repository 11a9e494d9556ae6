import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { param } from '../database/statement.ts';

/** How many files and announced uploads there are, and their bytes. */
export interface Stored {
  files: number;
  bytes: number;
}

/** What one owner has, nothing for null; and what all have. */
export interface StoredOf {
  owner: Stored;
  all: Stored;
}

/** Reads what is stored, as of the last commits. */
export async function readStored(database: Database, owner: string | null): Promise<StoredOf> {
  const statement = database.bind(
    'readStored',
    (table) => sql<{ owner: string; files: string; bytes: string }>`
      select owner, files, bytes from ${table('gather.storage')} where owner in ('', ${param('owner')})`,
    { owner: owner ?? '' },
  );
  const { rows } = await database.asServer.run(statement, { name: 'file.stored' });
  const of = (whose: string | null): Stored => {
    const { files = 0, bytes = 0 } = rows.find((row) => row.owner === whose) ?? {};
    return { files: Number(files), bytes: Number(bytes) };
  };
  return { owner: of(owner), all: of('') };
}

/**
 * Reads what is stored with what this transaction has added. Other transactions that add files then wait until this one
 * ends, so the count still holds at commit. Call it late.
 */
export async function countStored(transaction: Database, owner: string | null): Promise<StoredOf> {
  const counting = transaction.bind('countStored', () => sql`set constraints all immediate`, {});
  await transaction.asServer.run(counting, { name: 'file.count' });
  return readStored(transaction, owner);
}
