import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSchema, createYoga } from 'graphql-yoga';
import { type Context, createContext, resolvers, typeDefs } from './schema.ts';
import { createShop } from './shop.ts';

/** GraphQL Yoga with DataLoader. @returns its URL */
export async function start(databaseUrl: string): Promise<string> {
  const shop = createShop(databaseUrl);
  const schema = createSchema<Context>({ typeDefs, resolvers });
  const server = createServer(createYoga({ schema, context: () => createContext(shop) }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
