import { toPage } from '../database/page.ts';
import { GatherError } from '../errors.ts';
import { collectQuotes } from '../shop/quotes.ts';
import { toRowId } from './global-id.ts';
import { toItemWhere } from './item-where.ts';
import { loadNode } from './node.ts';
import { findRow } from './rows.ts';
import type { QueryResolvers } from './types.generated.ts';

const MAX_NODES = 1000;
const MAX_QUOTES = 100;

/** Those that check their arguments are async: the executor waits for all siblings of a field that throws by itself. */
export const Query: QueryResolvers = {
  node: (_, { id }, { loaders }) => loadNode(id, loaders),

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
};

function assertRange(what: string, value: number, from: number, to: number): void {
  if (value >= from && value <= to) return;
  throw new GatherError('INVALID_INPUT', `Expected ${what} from ${from} to ${to}, got ${value}.`);
}
