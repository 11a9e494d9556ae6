import { assertRange, connectionOf, defineType, findBy, toPage } from 'gather';
import { readAbout } from './about/about.ts';
import { readStatistics } from './statistics/statistics-rows.ts';
import { collectQuotes } from './suppliers/quotes.ts';

const MAX_QUOTES = 100;
const MAX_DAYS = 366;
const DAY_MS = 86_400_000;

/** Fields that check their arguments are async: if one threw, the executor would wait for all its siblings before it fails. */
export const Query = defineType('Query', {
  home: () => ({}),

  quotes: async (_, { count, mode }, { services }) => {
    assertRange('`count`', count, 1, MAX_QUOTES);
    return collectQuotes(services.suppliers, { count, isConcurrent: mode === 'CONCURRENT' });
  },

  item: findBy('item'),

  menu: async (_, { where }, { toWhere }) => ({ where: toWhere('Item', where) }),

  about: (_, __, { settings, signal }) => readAbout(settings.ABOUT_FILE, signal),

  tasks: async (_, args, { tables, columns }) =>
    tables.task.connection({
      name: 'tasks',
      where: { done: args.done ?? undefined },
      orderBy: [],
      columns: columns.task,
      page: toPage(args),
    }),

  orders: connectionOf('order', { orderBy: { id: 'desc' } }),

  dailyStatistics: async (_, { from, to }, { database, columns }) => {
    assertRange('the number of days from `from` to `to`', daysBetween(from, to), 1, MAX_DAYS);
    return readStatistics(database, columns.dailyStatistics, { from, to });
  },
});

/** The number of days, both ends included. */
function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}
