import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { type Context, createContext, resolvers, typeDefs } from './schema.ts';
import { createShop } from './shop.ts';

/** Apollo Server with DataLoader. @returns its URL */
export async function start(databaseUrl: string): Promise<string> {
  const shop = createShop(databaseUrl);
  const server = new ApolloServer<Context>({ typeDefs, resolvers });
  const { url } = await startStandaloneServer(server, {
    context: async () => createContext(shop),
    listen: { host: '127.0.0.1', port: 0 },
  });
  return url;
}
