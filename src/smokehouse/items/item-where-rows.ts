import { defineWhere } from 'gather';
import { sql } from 'kysely';

/** The conditions on items that are neither columns nor related objects. */
export const ItemWhere = defineWhere('ItemWhere', {
  // `item_words_idx` is the index of this expression.
  matches: (words, item) =>
    sql`to_tsvector('english', ${item('name')} || ' ' || ${item('description')}) @@ plainto_tsquery('english', ${words})`,
});
