import { sql } from 'kysely';
import { builder } from '../database/builder.ts';
import { param, prepare } from '../database/statement.ts';
import { createLoader, inKeyOrder, type LoaderSource } from './batch.ts';

const averageRatings = () =>
  builder
    .selectFrom('review')
    .select(['itemId', sql<number>`round(avg(rating), 2)::float8`.as('average')])
    .where('itemId', '=', sql<string>`any(${param('itemIds')}::bigint[])`)
    .groupBy('itemId');

/** The mean of an item's ratings, to two places; null where it has none. */
export const averageRatingByItemId = (source: LoaderSource) =>
  createLoader('averageRatingByItemId', source, async (itemIds: readonly string[]) => {
    const statement = prepare('averageRatingByItemId', averageRatings);
    const label = { name: 'averageRatingByItemId', keys: itemIds.length };
    const { rows } = await source.database.run(statement.with({ itemIds }), label);
    return inKeyOrder(itemIds, rows, (row) => row.itemId).map((row) => row?.average ?? null);
  });
