import { type DocumentNode, GraphQLError, type ParseOptions, parse, type Source } from 'graphql';
import { createRefusal } from './refusal.ts';

/** Creates a parse function that accepts at most this many tokens. */
export function createParse(maxTokens: number) {
  return (source: string | Source, options?: ParseOptions): DocumentNode => parse(source, { ...options, maxTokens });
}

/** The refusal for an error that `createParse` throws for too many tokens; undefined for any other error. */
export function findTokenExcess(error: unknown, maxTokens: number): GraphQLError | undefined {
  // With a high limit, the parser may overflow the stack first.
  const isExcess =
    error instanceof GraphQLError
      ? error.message.includes(`contains more than ${maxTokens} tokens`)
      : error instanceof RangeError;
  if (!isExcess) return undefined;
  return createRefusal('LIMIT_EXCEEDED', `Expected at most ${maxTokens} tokens (MAX_TOKENS), got more.`);
}
