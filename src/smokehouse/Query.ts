import { assertRange, findRow, toPage, toRowId } from 'gather';
import { readAbout } from './about/about.ts';
import type { QueryResolvers } from './generated/schema.ts';
import { toItemWhere } from './items/item-where.ts';
import { readStatistics } from './statistics/statistics-rows.ts';
import { collectQuotes } from './suppliers/quotes.ts';

const MAX_QUOTES = 100;
const MAX_DAYS = 366;
const DAY_MS = 86_400_000;

/** Fields that check their arguments are async: if one threw, the executor would wait for all its siblings before it fails. */
export const Query: QueryResolvers = {
  home: () => ({}),

  quotes: async (_, { count, mode }, { services }) => {
    assertRange('`count`', count, 1, MAX_QUOTES);
    return collectQuotes(services.suppliers, { count, isConcurrent: mode === 'CONCURRENT' });
  },

  item: async (_, { by }, { loaders }) =>
    by.id != null ? findRow(loaders.itemById, toRowId('Item', by.id)) : findRow(loaders.itemBySku, by.sku ?? ''),

  menu: async (_, { where }) => ({ where: toItemWhere(where) }),

  about: (_, __, { settings, signal }) => readAbout(settings.ABOUT_FILE, signal),

  tasks: async (_, { done, ...page }, { tables, columns }) =>
    tables.task.connection({
      name: 'tasks',
      where: { done: done ?? undefined },
      orderBy: [],
      columns: columns.task,
      page: toPage(page),
    }),

  orders: async (_, page, { tables, columns, loaders, viewer, roles }) =>
    tables.order.connection({
      name: 'orders',
      where: roles.ownedBy(viewer),
      orderBy: [{ column: 'id', direction: 'desc' }],
      columns: columns.order,
      page: toPage(page),
      onRows: (rows) => loaders.known.add('order', rows),
    }),

  dailyStatistics: async (_, { from, to }, { database, columns }) => {
    assertRange('the number of days from `from` to `to`', daysBetween(from, to), 1, MAX_DAYS);
    return readStatistics(database, columns.dailyStatistics, { from, to });
  },
};

/** The number of days, both ends included. */
function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}
