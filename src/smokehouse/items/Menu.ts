import { type Context, GatherError, toPage, type Where } from 'gather';
import { type GraphQLResolveInfo, GraphQLStreamDirective, getDirectiveValues } from 'graphql';
import type { ItemRow } from '../generated/database.ts';
import type { MenuResolvers } from '../generated/schema.ts';
import { toItemOrder } from './item-order.ts';

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

/** Without @stream: all of them are in memory until the last has come. As many as its @listSize assumes. */
const MOST_AT_ONCE = 1000;

/** `all` gives its rows one by one, for which the generated types have no word. */
type Resolvers = Omit<MenuResolvers, 'all'> & {
  all: (parent: MenuParent, args: object, context: Context, info: GraphQLResolveInfo) => AsyncIterable<ItemRow>;
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
      onRows: (rows) => loaders.preloadReferences('item', rows),
    }),

  all: ({ where }, _, { tables, columns }, info) => {
    const rows = tables.item.iterate({ where, columns: columns.item, batchSize: BATCH_SIZE });
    return isStreamed(info) ? rows : atMost(MOST_AT_ONCE, rows);
  },
};

/** @throws LIMIT_EXCEEDED where there are more */
async function* atMost<Row>(most: number, rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  let count = 0;
  for await (const row of rows) {
    if (++count > most) {
      const message = `Expected at most ${most.toLocaleString('en')} items without @stream, got more. Ask with \`all @stream\` and an Accept of multipart/mixed or text/event-stream, or a page at a time with \`items\`.`;
      throw new GatherError('LIMIT_EXCEEDED', message);
    }
    yield row;
  }
}

/** Whether the rows leave as they come. Where the client takes no parts the directive is gone from the document. */
function isStreamed({ fieldNodes: [node], variableValues }: GraphQLResolveInfo): boolean {
  const stream = node && getDirectiveValues(GraphQLStreamDirective, node, variableValues);
  return stream !== undefined && stream['if'] !== false;
}
