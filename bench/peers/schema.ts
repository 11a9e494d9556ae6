import DataLoader from 'dataloader';
import type { Review, ReviewsKey, Shop } from './shop.ts';

/** The part of schema.graphql that the page reads. */
export const typeDefs = /* GraphQL */ `
  type Query {
    menu: Menu!
  }
  type Menu {
    items(first: Int! = 20): ItemConnection!
  }
  type ItemConnection {
    nodes: [Item!]!
  }
  type Item {
    sku: String!
    name: String!
    supplier: Supplier
    reviews(first: Int! = 20): ReviewConnection
  }
  type Supplier {
    name: String!
  }
  type ReviewConnection {
    nodes: [Review!]!
  }
  type Review {
    rating: Int!
    text: String!
    customer: Customer
  }
  type Customer {
    name: String!
  }
`;

export type Context = ReturnType<typeof createContext>;

/** The context of one request: the shop, and DataLoaders of its own. */
export function createContext(shop: Shop) {
  return {
    shop,
    supplierById: new DataLoader(shop.suppliersById),
    customerById: new DataLoader(shop.customersById),
    reviewsByItem: new DataLoader(shop.reviewsByItem, {
      cacheKeyFn: ({ itemId, first }: ReviewsKey) => `${itemId}:${first}`,
    }),
  };
}

/** Resolvers for graphql-js, with the loaders of the context. */
export const resolvers = {
  Query: { menu: () => ({}) },
  Menu: {
    items: async (_: unknown, { first }: { first: number }, { shop }: Context) => ({ nodes: await shop.items(first) }),
  },
  Item: {
    supplier: ({ supplierId }: { supplierId: string }, _: unknown, { supplierById }: Context) =>
      supplierById.load(supplierId),
    reviews: async ({ id }: { id: string }, { first }: { first: number }, { reviewsByItem }: Context) => ({
      nodes: await reviewsByItem.load({ itemId: id, first }),
    }),
  },
  Review: {
    customer: ({ customerId }: Review, _: unknown, { customerById }: Context) => customerById.load(customerId),
  },
};
