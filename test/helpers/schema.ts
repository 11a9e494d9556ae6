import type { GraphQLSchema } from 'graphql';
import { engineResolvers } from '../../src/gather/engine-resolvers.ts';
import { createAppSchema } from '../../src/gather/graphql/schema.ts';
import { TEST_TABLES } from './database.ts';
import { fixture } from './fixture.ts';

/** The application's schema, as its server builds it. */
export const schema: GraphQLSchema = createAppSchema({
  ...fixture.app,
  definitions: TEST_TABLES.definitions,
  engineResolvers,
});
