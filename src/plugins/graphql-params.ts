import { createGraphQLError, type GraphQLParams } from 'graphql-yoga';

/** What is large belongs into variables, which are not parsed as GraphQL. */
const MAX_QUERY_LENGTH = 64_000;

/** The parameters of an operation in JSON. @throws 400 where they are none, 413 where the query is too long */
export function toParams(text: string): GraphQLParams {
  const params = parseJson(text);
  if (!isParams(params)) throw badRequest(400, 'Expected a JSON object with a `query`, got another kind of JSON.');
  const length = typeof params.query === 'string' ? params.query.length : 0;
  if (length <= MAX_QUERY_LENGTH) return params;
  throw badRequest(413, `Expected a query of at most ${MAX_QUERY_LENGTH} characters, got ${length}. Use variables.`);
}

/** Any JSON. @throws 400 where it is none */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(400, `Expected JSON, got something else: ${(error as Error).message}.`);
  }
}

/** Refuses a request before there is an operation. @param status of HTTP */
export function badRequest(status: number, message: string): Error {
  return createGraphQLError(message, { extensions: { http: { status }, code: 'BAD_REQUEST' } });
}

function isParams(params: unknown): params is GraphQLParams {
  return typeof params === 'object' && params !== null && !Array.isArray(params);
}
