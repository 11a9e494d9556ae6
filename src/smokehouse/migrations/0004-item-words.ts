import type { AppMigration } from 'gather';
import { sql } from 'kysely';

/** The index of the words of items, for `ItemWhere.matches`. */
export const indexItemWords: AppMigration = async (database) => {
  await sql`
    create index item_words_idx on item using gin (to_tsvector('english', name || ' ' || description))
  `.execute(database);
};
