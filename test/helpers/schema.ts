import type { GraphQLSchema } from 'graphql';
import { toDefinitions } from '../../src/gather/database/tables.ts';
import { engineResolvers } from '../../src/gather/engine-resolvers.ts';
import { createAppSchema } from '../../src/gather/graphql/schema.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';

/** The schema of the Smokehouse, as its server has it. */
export function loadSchema(): GraphQLSchema {
  const definitions = toDefinitions(smokehouse.database.tables, 'gather');
  return createAppSchema({ ...smokehouse, definitions, engineResolvers });
}
