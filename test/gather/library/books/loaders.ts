import { createLoader, type LoaderSource, param } from 'gather';
import { sql } from 'kysely';

/** The mean rating of a book; null where the service knows none. */
export const ratingByBookId = (source: LoaderSource) =>
  createLoader('ratingByBookId', source, async (bookIds: readonly string[]) => {
    const ratings = await source.services.ratings.ratings(bookIds, source.database.signal);
    return bookIds.map((id) => ratings[id] ?? null);
  });

/** Where a book stands; null where the service does not know it. */
export const shelfByBookId = (source: LoaderSource) =>
  createLoader('shelfByBookId', source, async (bookIds: readonly string[]) => {
    const shelves = await source.services.shelves.shelves(bookIds, source.database.signal);
    return bookIds.map((id) => shelves[id] ?? null);
  });

/** Whether somebody has a book. */
export const isLentByBookId = (source: LoaderSource) =>
  createLoader('isLentByBookId', source, async (bookIds: readonly string[]) => {
    const statement = source.database.bind(
      'isLentByBookId',
      (table) =>
        sql<{ bookId: string }>`select "bookId" from ${table('lending.loan')}
          where "bookId" = any(${param('bookIds')}::bigint[])`,
      { bookIds },
    );
    const { rows } = await source.database.run(statement, { name: 'isLentByBookId', keys: bookIds.length });
    const lent = new Set(rows.map(({ bookId }) => bookId));
    return bookIds.map((id) => lent.has(id));
  });
