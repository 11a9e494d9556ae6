import type { Context } from '../context.ts';
import { toPage } from '../database/page.ts';
import type { ItemRow } from '../database/schema.ts';
import type { Where } from '../database/where.ts';
import { toItemOrder } from './item-order.ts';
import type { MenuResolvers } from './types.generated.ts';

/** A set of items, not read yet. */
export interface MenuParent {
  where: Where<'item'>;
}

/** Statistics of prices, as the database computed them. */
export interface PriceStatisticsParent {
  average: string | null;
  minimum: string | null;
  maximum: string | null;
  sum: string | null;
}

/** How many rows the cursor of `all` reads at a time. */
const BATCH_SIZE = 500;

/** `all` gives its rows one by one, for which the generated types have no word. */
type Resolvers = Omit<MenuResolvers, 'all'> & {
  all: (parent: MenuParent, args: object, context: Context) => AsyncIterable<ItemRow>;
};

export const Menu: Resolvers = {
  count: ({ where }, _, { tables }) => tables.item.count(where),

  exists: ({ where }, _, { tables }) => tables.item.exists(where),

  first: ({ where }, { orderBy }, { tables, columns }) =>
    tables.item.first({ where, orderBy: toItemOrder(orderBy), columns: columns.item }),

  last: ({ where }, { orderBy }, { tables, columns }) =>
    tables.item.last({ where, orderBy: toItemOrder(orderBy), columns: columns.item }),

  price: ({ where }, _, { tables }) =>
    tables.item.aggregate(where, {
      average: ['avg', 'price'],
      minimum: ['min', 'price'],
      maximum: ['max', 'price'],
      sum: ['sum', 'price'],
    }),

  items: async ({ where }, { orderBy, ...page }, { tables, columns, loaders }) =>
    tables.item.connection({
      name: 'menu.items',
      where,
      orderBy: toItemOrder(orderBy),
      columns: columns.item,
      page: toPage(page),
      onRows: (rows) => loaders.follow('item', rows),
    }),

  all: ({ where }, _, { tables, columns }) =>
    tables.item.iterate({ where, columns: columns.item, batchSize: BATCH_SIZE }),
};
