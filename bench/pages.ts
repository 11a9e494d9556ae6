/** A measured page: its name, and its query in Gather. */
export interface Page {
  name: string;
  query: string;
}

/** Twenty items with supplier, reviews and customers: four SQL statements. */
const databaseOnly: Page = {
  name: 'database alone',
  query: `{ menu { items(first: 20) { nodes {
    sku name supplier { name } reviews(first: 5) { nodes { rating text customer { name } } }
  } } } }`,
};

/** The same with price and stock: four SQL statements and two HTTP calls. */
const everything: Page = {
  name: 'database and services',
  query: `{ menu { items(first: 20) { nodes {
    sku name supplier { name } reviews(first: 5) { nodes { rating text customer { name } } } currentPrice stock
  } } } }`,
};

/** The pages of `bench/page.ts`. */
export const pages = { everything, databaseOnly };
