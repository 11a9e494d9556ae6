import { createLoader, type LoaderSource, param } from 'gather';
import { sql } from 'kysely';

/** The mean rating of a book; null where the service knows none. */
export const ratingByIsbn = (source: LoaderSource) =>
  createLoader('ratingByIsbn', source, async (isbns: readonly string[]) => {
    const ratings = await source.services.ratings.byIsbn(isbns, source.database.signal);
    return isbns.map((isbn) => ratings.get(isbn) ?? null);
  });

/** Where a book stands; null where the service does not know it. */
export const shelfByIsbn = (source: LoaderSource) =>
  createLoader('shelfByIsbn', source, async (isbns: readonly string[]) => {
    const shelves = await source.services.shelves.byIsbn(isbns, source.database.signal);
    return isbns.map((isbn) => shelves.get(isbn) ?? null);
  });

/** Whether somebody has a book. */
export const isLentByBookId = (source: LoaderSource) =>
  createLoader('isLentByBookId', source, async (bookIds: readonly string[]) => {
    const statement = source.database.bind(
      'isLentByBookId',
      (table) =>
        sql<{ bookId: string }>`select "bookId" from ${table('lending.loan')}
          where "bookId" = any(${param('bookIds')}::bigint[]) and "returnedOn" is null`,
      { bookIds },
    );
    const { rows } = await source.database.run(statement, { name: 'isLentByBookId', keys: bookIds.length });
    const lent = new Set(rows.map(({ bookId }) => bookId));
    return bookIds.map((id) => lent.has(id));
  });
