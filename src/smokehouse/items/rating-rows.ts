import { type Database, type Id, param } from 'gather';
import { sql } from 'kysely';

/** The mean of an item's ratings. */
interface AverageRating {
  itemId: Id;
  /** To two decimal places. */
  average: number;
}

/** The mean ratings of these items, in one statement. Items without reviews are absent. */
export async function averageRatings(
  database: Database,
  name: string,
  itemIds: readonly Id[],
): Promise<AverageRating[]> {
  const statement = database.bind(
    name,
    (table) => sql<AverageRating>`
      select "itemId", round(avg(rating), 2)::float8 as average from ${table('review')}
      where "itemId" = any(${param('itemIds')}::bigint[]) group by "itemId"`,
    { itemIds },
  );
  return (await database.run(statement, { name, keys: itemIds.length })).rows;
}
