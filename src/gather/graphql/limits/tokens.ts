import { type DocumentNode, GraphQLError, type ParseOptions, parse, type Source } from 'graphql';
import { createRefusal } from './refusal.ts';

/** Parses texts of at most so many tokens. */
export function createParse(maxTokens: number) {
  return (source: string | Source, options?: ParseOptions): DocumentNode => parse(source, { ...options, maxTokens });
}

/** What to say where `createParse` has thrown because of the number of tokens; of other errors nothing. */
export function findExcessOfTokens(error: unknown, maxTokens: number): GraphQLError | undefined {
  // Where very many are allowed, the stack of the parser may end first.
  const isExcess =
    error instanceof GraphQLError
      ? error.message.includes(`contains more than ${maxTokens} tokens`)
      : error instanceof RangeError;
  if (!isExcess) return undefined;
  return createRefusal('LIMIT_EXCEEDED', `Expected at most ${maxTokens} tokens (MAX_TOKENS), got more.`);
}
