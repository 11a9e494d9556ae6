import { toPage } from '../gather/database/page.ts';
import { toRowId } from '../gather/graphql/global-id.ts';
import { mine } from '../gather/graphql/guards.ts';
import { loadNode } from '../gather/graphql/node.ts';
import { assertRange } from '../gather/graphql/range.ts';
import { findRow } from '../gather/graphql/rows.ts';
import { schedules } from '../gather/jobs/schedules.ts';
import type { QueryResolvers } from './generated/schema.ts';
import { toItemWhere } from './items/item-where.ts';
import { readStatistics } from './statistics/statistics-rows.ts';
import { collectQuotes } from './suppliers/quotes.ts';

const MAX_NODES = 1000;
const MAX_QUOTES = 100;
const MAX_DAYS = 366;
const DAY_MS = 86_400_000;

/** Those that check their arguments are async: the executor waits for all siblings of a field that throws by itself. */
export const Query: QueryResolvers = {
  node: (_, { id }, { loaders }) => loadNode(id, loaders),

  viewer: async (_, __, { viewer }) => {
    if (viewer.failure) throw viewer.failure;
    return viewer.user ? { ...viewer, user: viewer.user } : null;
  },

  nodes: async (_, { ids }, { loaders }) => {
    assertRange('the number of `ids`', ids.length, 0, MAX_NODES);
    return ids.map((id) => loadNode(id, loaders));
  },

  home: () => ({}),

  quotes: async (_, { count, mode }, { upstreams, signal }) => {
    assertRange('`count`', count, 1, MAX_QUOTES);
    return collectQuotes(upstreams.suppliers, { count, isConcurrent: mode === 'CONCURRENT' }, signal);
  },

  item: async (_, { by }, { loaders }) =>
    by.id != null ? findRow(loaders.itemById, toRowId('Item', by.id)) : findRow(loaders.itemBySku, by.sku ?? ''),

  menu: async (_, { where }) => ({ where: toItemWhere(where) }),

  about: (_, __, { readAbout, signal }) => readAbout(signal),

  tasks: async (_, { done, ...page }, { tables, columns }) =>
    tables.task.connection({
      name: 'tasks',
      where: { done: done ?? undefined },
      orderBy: [],
      columns: columns.task,
      page: toPage(page),
    }),

  orders: async (_, page, { tables, columns, loaders, viewer }) =>
    tables.order.connection({
      name: 'orders',
      where: mine(viewer),
      orderBy: [{ column: 'id', direction: 'desc' }],
      columns: columns.order,
      page: toPage(page),
      onRows: (rows) => loaders.follow('order', rows),
    }),

  dailyStatistics: async (_, { from, to }, { database, columns }) => {
    assertRange('the number of days from `from` to `to`', daysBetween(from, to), 1, MAX_DAYS);
    return readStatistics(database, columns.dailyStatistics, { from, to });
  },

  job: async (_, { id }, { loaders }) => findRow(loaders.jobById, toRowId('Job', id)),

  jobs: async (_, { where, ...page }, { tables, columns, viewer }) =>
    tables.job.connection({
      name: 'jobs',
      where: { ...where, ...mine(viewer) },
      orderBy: [{ column: 'id', direction: 'desc' }],
      columns: columns.job,
      page: toPage(page),
    }),

  schedules: () => [...schedules],
};

/** Both included. */
function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}
