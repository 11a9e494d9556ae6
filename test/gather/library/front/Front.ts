import { findRow, toPage } from 'gather';
import type { ArrivalResolvers, FrontResolvers, PickOfTheDayResolvers } from '../generated/schema.ts';

/** The page has nothing of its own: each of its parts is read by its resolver. */
export type FrontParent = Readonly<Record<string, never>>;

export const Front: FrontResolvers = {
  pick: (_, __, { services }) => services.ratings.getPick(),

  arrivals: async (_, __, { services }) => (await services.shelves.getArrivals()).arrivals,

  newest: async (_, { first }, { tables, columns, loaders }) => {
    const newest = tables.book.connection({
      name: 'newest',
      where: { status: 'ACTIVE' },
      orderBy: [{ column: 'id', direction: 'desc' }],
      columns: columns.book,
      page: toPage({ first }),
      onRows: (rows) => loaders.known.add('book', rows),
    });
    return (await newest.read()).rows;
  },
};

export const PickOfTheDay: PickOfTheDayResolvers = {
  book: ({ isbn }, _, { loaders }) => (isbn ? findRow(loaders.bookByIsbn, isbn) : null),
};

export const Arrival: ArrivalResolvers = {
  book: ({ isbn }, _, { loaders }) => findRow(loaders.bookByIsbn, isbn),
};
