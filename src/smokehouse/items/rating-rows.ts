import { sql } from 'kysely';
import { builder } from '../../gather/database/builder.ts';
import type { Database } from '../../gather/database/database.ts';
import type { Id } from '../../gather/database/schema.ts';
import { param, prepare } from '../../gather/database/statement.ts';

/** The mean of an item's ratings. */
interface AverageRating {
  itemId: Id;
  /** To two places. */
  average: number;
}

/** The mean ratings of these items, in one statement; items without reviews are absent. */
export async function averageRatings(
  database: Database,
  name: string,
  itemIds: readonly Id[],
): Promise<AverageRating[]> {
  const statement = prepare(name, () =>
    builder
      .selectFrom('review')
      .select(['itemId', sql<number>`round(avg(rating), 2)::float8`.as('average')])
      .where('itemId', '=', sql<Id>`any(${param('itemIds')}::bigint[])`)
      .groupBy('itemId'),
  );
  return (await database.run(statement.with({ itemIds }), { name, keys: itemIds.length })).rows;
}
