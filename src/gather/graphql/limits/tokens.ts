import { GraphQLError } from 'graphql';
import { createRefusal } from './refusal.ts';

/** The refusal for an error that graphql-js throws for more than `maxTokens`; undefined for any other error. */
export function findTokenExcess(error: unknown, maxTokens: number): GraphQLError | undefined {
  // With a high limit, the parser may overflow the stack first.
  const isExcess =
    error instanceof GraphQLError
      ? error.message.includes(`contains more than ${maxTokens} tokens`)
      : error instanceof RangeError;
  if (!isExcess) return undefined;
  return createRefusal('LIMIT_EXCEEDED', `Expected at most ${maxTokens} tokens (MAX_TOKENS), got more.`);
}
