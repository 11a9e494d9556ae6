import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { Id } from './schema.ts';
import { param } from './statement.ts';
import { bind } from './table-definition.ts';

/** Deletes a file and its thumbnail in one statement. @returns the keys of their bytes; none where there is no file */
export async function deleteFile(database: Database, id: Id): Promise<string[]> {
  const statement = bind(
    'deleteFile',
    () => sql<{ key: string }>`
      with gone as (
        delete from file where id = ${param('id')} returning key, "thumbnailId"
      ), thumbnail as (
        delete from file using gone where file.id = gone."thumbnailId" returning file.key
      )
      select key from gone union all select key from thumbnail`,
    { id },
  );
  return (await database.run(statement, { name: 'file.delete' })).rows.map(({ key }) => key);
}
