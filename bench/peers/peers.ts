import { pages } from '../pages.ts';

/** A measured server: what it is asked, and where in the answer the page is. */
export interface Peer {
  name: string;
  /** Its file in this folder, without the ending; absent for Gather. */
  file?: string;
  body: unknown;
  /** The items of an answer, in the form of Gather's. */
  readItems: (answer: Answer) => unknown[];
}

// biome-ignore lint/suspicious/noExplicitAny: the peers answer in three forms, and the items are compared.
type Answer = any;

const graphql = {
  body: { query: pages.databaseOnly.query },
  readItems: (answer: Answer) => answer.data.menu.items.nodes,
};

const OF_POSTGRAPHILE = `{ allItems(first: 20) { nodes {
  sku name supplier: supplierBySupplierId { name }
  reviews: reviewsByItemId(first: 5, orderBy: PRIMARY_KEY_DESC) { nodes { rating text customer: customerByCustomerId { name } } }
} } }`;

/** All that is compared with `fastify`, the first. */
export const peers: readonly Peer[] = [
  {
    name: 'Fastify, by hand',
    file: 'fastify',
    body: { items: 20, reviews: 5 },
    readItems: (items: Answer) =>
      items.map(({ reviews, ...item }: Answer) => ({ ...item, reviews: { nodes: reviews } })),
  },
  { name: 'Gather', ...graphql },
  {
    name: 'PostGraphile',
    file: 'postgraphile',
    body: { query: OF_POSTGRAPHILE },
    readItems: (answer: Answer) => answer.data.allItems.nodes,
  },
  { name: 'Mercurius, JIT and loaders', file: 'mercurius', ...graphql },
  { name: 'GraphQL Yoga, DataLoader', file: 'yoga', ...graphql },
  { name: 'Apollo Server, DataLoader', file: 'apollo', ...graphql },
];
