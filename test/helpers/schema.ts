import type { GraphQLSchema } from 'graphql';
import { engineResolvers } from '../../src/gather/engine-resolvers.ts';
import { createAppSchema } from '../../src/gather/graphql/schema.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';
import { TEST_TABLES } from './database.ts';

/** The schema of the Smokehouse, as its server builds it. */
export const schema: GraphQLSchema = createAppSchema({
  ...smokehouse,
  definitions: TEST_TABLES.definitions,
  engineResolvers,
});
