import { type Context, GatherError, isStreamed, toPage, type Where } from 'gather';
import type { GraphQLResolveInfo } from 'graphql';
import type { BookRow } from '../generated/database.ts';
import type { CatalogueResolvers } from '../generated/schema.ts';

/** A set of books, not read yet. */
export interface CatalogueParent {
  where: Where<'book'>;
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
type Resolvers = Omit<CatalogueResolvers, 'all'> & {
  all: (parent: CatalogueParent, args: object, context: Context, info: GraphQLResolveInfo) => AsyncIterable<BookRow>;
};

export const Catalogue: Resolvers = {
  count: ({ where }, _, { tables }) => tables.book.count(where),

  exists: ({ where }, _, { tables }) => tables.book.exists(where),

  first: ({ where }, { orderBy }, { tables, columns, toOrderBy }) =>
    tables.book.first({ where, orderBy: toOrderBy('Book', orderBy), columns: columns.book }),

  last: ({ where }, { orderBy }, { tables, columns, toOrderBy }) =>
    tables.book.last({ where, orderBy: toOrderBy('Book', orderBy), columns: columns.book }),

  price: ({ where }, _, { tables }) =>
    tables.book.aggregate(where, {
      average: ['avg', 'price'],
      minimum: ['min', 'price'],
      maximum: ['max', 'price'],
      sum: ['sum', 'price'],
    }),

  books: async ({ where }, { orderBy, ...page }, { tables, columns, loaders, toOrderBy }) =>
    tables.book.connection({
      name: 'catalogue.books',
      where,
      orderBy: toOrderBy('Book', orderBy),
      columns: columns.book,
      page: toPage(page),
      onRows: (rows) => loaders.known.add('book', rows),
    }),

  all: ({ where }, _, { tables, columns }, info) => {
    const rows = tables.book.iterate({ where, columns: columns.book, batchSize: BATCH_SIZE });
    return isStreamed(info) ? rows : atMost(MOST_AT_ONCE, rows);
  },
};

/** @throws LIMIT_EXCEEDED where there are more */
async function* atMost<Row>(most: number, rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  let count = 0;
  for await (const row of rows) {
    if (++count > most) {
      const message = `Expected at most ${most.toLocaleString('en')} books without @stream, got more. Ask with \`all @stream\` and an Accept of multipart/mixed or text/event-stream, or a page at a time with \`books\`.`;
      throw new GatherError('LIMIT_EXCEEDED', message);
    }
    yield row;
  }
}
