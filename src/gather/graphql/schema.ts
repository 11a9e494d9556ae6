import { readFileSync } from 'node:fs';
import type { GraphQLSchema } from 'graphql';
import { createSchema } from 'graphql-yoga';
import { resolvers } from '../../smokehouse/resolvers.ts';
import { authorize } from './authorize.ts';
import { countAnswer } from './count-answer.ts';

const SDL = new URL('../../../schema.graphql', import.meta.url);

/** The schema of schema.graphql with its resolvers behind its rules. */
export function loadSchema(): GraphQLSchema {
  const schema = createSchema({ typeDefs: readFileSync(SDL, 'utf8'), resolvers });
  authorize(schema);
  countAnswer(schema);
  return schema;
}
