import { readFileSync } from 'node:fs';
import { GraphQLDeferDirective, GraphQLSchema, GraphQLStreamDirective } from 'graphql';
import { createSchema } from 'graphql-yoga';
import { authorize } from './authorize.ts';
import { countAnswer } from './count-answer.ts';
import { resolvers } from './index.ts';

const SDL = new URL('../../schema.graphql', import.meta.url);

/** The schema of schema.graphql with its resolvers behind its rules, and with @defer and @stream. */
export function loadSchema(): GraphQLSchema {
  const config = createSchema({ typeDefs: readFileSync(SDL, 'utf8'), resolvers }).toConfig();
  const schema = new GraphQLSchema({
    ...config,
    directives: [...config.directives, GraphQLDeferDirective, GraphQLStreamDirective],
  });
  authorize(schema);
  countAnswer(schema);
  return schema;
}
