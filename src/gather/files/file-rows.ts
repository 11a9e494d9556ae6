import { sql } from 'kysely';
import type { Id } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import { param } from '../database/statement.ts';

interface Deleted {
  key: string;
  thumbnailId: Id | null;
}

/**
 * Deletes a file and then its thumbnail; must run in a transaction. The first statement waits for a job that is just
 * creating the thumbnail, so that the second sees what it wrote.
 * @returns the keys of their bytes; none if there is no such file
 */
export async function deleteFile(transaction: Database, id: Id): Promise<string[]> {
  const [file] = await deleteRow(transaction, id);
  if (!file) return [];
  const thumbnails = file.thumbnailId === null ? [] : await deleteRow(transaction, file.thumbnailId);
  return [file, ...thumbnails].map(({ key }) => key);
}

async function deleteRow(transaction: Database, id: Id): Promise<Deleted[]> {
  const statement = transaction.bind(
    'deleteFile',
    (table) => sql<Deleted>`delete from ${table('gather.file')} where id = ${param('id')} returning key, "thumbnailId"`,
    { id },
  );
  return (await transaction.asServer.run(statement, { name: 'file.delete' })).rows;
}
