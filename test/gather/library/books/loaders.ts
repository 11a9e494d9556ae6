import { createLoader, type LoaderSource, param } from 'gather';
import { sql } from 'kysely';

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
