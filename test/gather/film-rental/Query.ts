import { connectionOf, defineType, findBy, toPage } from 'gather';
import type { StoreRow } from './generated/database.ts';

export const Query = defineType('Query', {
  filmBy: findBy('film'),
  filmsBy: connectionOf('film', { orderBy: {} }),
  rental: findBy('rental'),
  rentals: connectionOf('rental', { orderBy: { rental_id: 'asc' } }),
  copies: connectionOf('inventory', { orderBy: { inventory_id: 'asc' } }),

  // A cursor: what codegen does not know of lists.
  allRentals: (_, _args, { tables, columns }) =>
    tables.rental.iterate({ columns: columns.rental, batchSize: 2 }) as never,

  film: async (_, { title }, { tables, columns }) => tables.film.find({ title }, { columns: columns.film }),

  filmsWhere: async (_, { where }, { tables, columns, toWhere }) => {
    const all = {
      name: 'filmsWhere',
      where: toWhere('Film', where),
      orderBy: [],
      columns: columns.film,
      page: toPage({}),
    };
    return (await tables.film.connection(all).read()).rows;
  },

  listedFilms: async (_, page, { tables, columns }) =>
    tables.film_list.connection({
      name: 'listedFilms',
      where: {},
      orderBy: [{ column: 'title', direction: 'desc' }],
      columns: columns.film_list,
      page: toPage(page),
    }),

  parts: async (_, page, { tables, columns }) =>
    tables.film_actor.connection({
      name: 'parts',
      where: {},
      orderBy: [{ column: 'billing', direction: 'asc' }],
      columns: columns.film_actor,
      page: toPage(page),
    }),

  logins: async (_, _args, { tables, columns }) => {
    const orderBy = [{ column: 'address', direction: 'asc' }] as const;
    const all = { name: 'logins', where: {}, orderBy, columns: columns.staff_login, page: toPage({}) };
    return (await tables.staff_login.connection(all).read()).rows;
  },

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
});
