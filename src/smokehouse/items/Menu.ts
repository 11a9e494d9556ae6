import { type Context, GatherError, isStreamed, toPage, type Where } from 'gather';
import type { GraphQLResolveInfo } from 'graphql';
import type { ItemRow } from '../generated/database.ts';
import type { MenuResolvers } from '../generated/schema.ts';

/** A lazy set of items. */
export interface MenuParent {
  where: Where<'item'>;
}

/** Statistics of prices, computed by the database. */
export interface PriceStatisticsParent {
  average: string | null;
  minimum: string | null;
  maximum: string | null;
  sum: string | null;
}

/** Rows per batch of the cursor of `all`. */
const BATCH_SIZE = 500;

/** The limit without @stream, when all items are in memory at once. Equals its @listSize. */
const MAX_UNSTREAMED = 1000;

/** `all` returns an async iterable, which the generated types do not allow. */
type Resolvers = Omit<MenuResolvers, 'all'> & {
  all: (parent: MenuParent, args: object, context: Context, info: GraphQLResolveInfo) => AsyncIterable<ItemRow>;
};

export const Menu: Resolvers = {
  count: ({ where }, _, { tables }) => tables.item.count(where),

  exists: ({ where }, _, { tables }) => tables.item.exists(where),

  first: ({ where }, { orderBy }, { tables, columns, toOrderBy }) =>
    tables.item.first({ where, orderBy: toOrderBy('Item', orderBy), columns: columns.item }),

  last: ({ where }, { orderBy }, { tables, columns, toOrderBy }) =>
    tables.item.last({ where, orderBy: toOrderBy('Item', orderBy), columns: columns.item }),

  price: ({ where }, _, { tables }) =>
    tables.item.aggregate(where, {
      average: ['avg', 'price'],
      minimum: ['min', 'price'],
      maximum: ['max', 'price'],
      sum: ['sum', 'price'],
    }),

  items: async ({ where }, args, { tables, columns, loaders, toOrderBy }) =>
    tables.item.connection({
      name: 'menu.items',
      where,
      orderBy: toOrderBy('Item', args.orderBy),
      columns: columns.item,
      page: toPage(args),
      onRows: (rows) => loaders.known.add('item', rows),
    }),

  all: ({ where }, _, { tables, columns }, info) => {
    const rows = tables.item.iterate({ where, columns: columns.item, batchSize: BATCH_SIZE });
    return isStreamed(info) ? rows : atMost(MAX_UNSTREAMED, rows);
  },
};

/** @throws LIMIT_EXCEEDED if there are more rows */
async function* atMost<Row>(max: number, rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  let count = 0;
  for await (const row of rows) {
    if (++count > max) {
      const message = `Expected at most ${max.toLocaleString('en')} items without @stream, got more. Ask with \`all @stream\` and an Accept of multipart/mixed or text/event-stream, or a page at a time with \`items\`.`;
      throw new GatherError('LIMIT_EXCEEDED', message);
    }
    yield row;
  }
}
