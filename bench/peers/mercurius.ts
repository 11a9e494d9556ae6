import { fastify } from 'fastify';
import { mercurius } from 'mercurius';
import { typeDefs } from './schema.ts';
import { createShop, type Review } from './shop.ts';

interface Query<Parent, Arguments = object> {
  obj: Parent;
  params: Arguments;
}

// The page asks each loader once, so a cache would only cost.
const opts = { cache: false };

/** Mercurius with its JIT and its loaders. @returns its URL */
export async function start(databaseUrl: string): Promise<string> {
  const shop = createShop(databaseUrl);
  const app = fastify();
  await app.register(mercurius, {
    schema: typeDefs,
    jit: 1,
    resolvers: {
      Query: { menu: () => ({}) },
      Menu: { items: async (_: unknown, { first }: { first: number }) => ({ nodes: await shop.items(first) }) },
    },
    loaders: {
      Item: {
        supplier: {
          opts,
          loader: (queries: Query<{ supplierId: string }>[]) =>
            shop.suppliersById(queries.map(({ obj }) => obj.supplierId)),
        },
        reviews: {
          opts,
          loader: async (queries: Query<{ id: string }, { first: number }>[]) => {
            const keys = queries.map(({ obj, params }) => ({ itemId: obj.id, first: params.first }));
            return (await shop.reviewsByItem(keys)).map((nodes) => ({ nodes }));
          },
        },
      },
      Review: {
        customer: {
          opts,
          loader: (queries: Query<Review>[]) => shop.customersById(queries.map(({ obj }) => obj.customerId)),
        },
      },
    },
  });
  return app.listen({ host: '127.0.0.1', port: 0 });
}
