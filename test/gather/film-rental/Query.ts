import { toPage } from 'gather';
import type { StoreRow } from './generated/database.ts';
import type { QueryResolvers } from './generated/schema.ts';

export const Query: QueryResolvers = {
  films: async (_, page, { tables, columns, loaders }) =>
    tables.film.connection({
      name: 'films',
      where: {},
      orderBy: [{ column: 'language_code', direction: 'asc' }],
      columns: columns.film,
      page: toPage(page),
      onRows: (rows) => loaders.known.add('film', rows),
    }),

  customers: async (_, page, { tables, columns, loaders }) =>
    tables.customer.connection({
      name: 'customers',
      where: {},
      orderBy: [],
      columns: columns.customer,
      page: toPage(page),
      onRows: (rows) => loaders.known.add('customer', rows),
    }),

  stores: async (_, _args, { tables, columns, loaders }) => {
    const all = { name: 'stores', where: {}, orderBy: [], columns: columns.store, page: toPage({}) };
    const onRows = (rows: readonly StoreRow[]) => loaders.known.add('store', rows);
    return (await tables.store.connection({ ...all, onRows }).read()).rows;
  },
};
