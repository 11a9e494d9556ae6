import { createLoader, inKeyOrder, type LoaderSource } from 'gather';
import { averageRatings } from './rating-rows.ts';

/** The mean of an item's ratings, to two decimal places; null if it has none. */
export const averageRatingByItemId = (source: LoaderSource) =>
  createLoader('averageRatingByItemId', source, async (itemIds: readonly string[]) => {
    const rows = await averageRatings(source.database, 'averageRatingByItemId', itemIds);
    return inKeyOrder(itemIds, rows, (row) => row.itemId).map((row) => row?.average ?? null);
  });
