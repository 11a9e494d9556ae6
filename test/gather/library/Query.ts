import { findRow, ownerOf, toPage, toRowId } from 'gather';
import { toBookWhere } from './books/book-where.ts';
import { about } from './front/about.ts';
import { opinions } from './front/opinions.ts';
import type { QueryResolvers } from './generated/schema.ts';

export const Query: QueryResolvers = {
  front: () => ({}),
  about,
  opinions,

  book: async (_, { by }, { loaders }) =>
    by.id != null ? findRow(loaders.bookById, toRowId('Book', by.id)) : findRow(loaders.bookByIsbn, by.isbn ?? ''),

  catalogue: async (_, { where }) => ({ where: toBookWhere(where) }),

  books: async (_, page, { tables, columns, loaders }) =>
    tables.book.connection({
      name: 'books',
      where: {},
      orderBy: [{ column: 'title', direction: 'asc' }],
      columns: columns.book,
      page: toPage(page),
      onRows: (rows) => loaders.known.add('book', rows),
    }),

  loans: async (_, page, { tables, columns, loaders, viewer, roles }) =>
    tables['lending.loan'].connection({
      name: 'loans',
      where: roles.has(viewer, 'STAFF') ? {} : { memberOwner: ownerOf(viewer) ?? '' },
      orderBy: [{ column: 'id', direction: 'desc' }],
      columns: columns['lending.loan'],
      page: toPage(page),
      onRows: (rows) => loaders.known.add('lending.loan', rows),
    }),

  broken: () => {
    throw new TypeError('The shelf is not there.');
  },
};
