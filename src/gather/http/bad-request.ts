import { GraphQLError } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';

/** The error of a request that is refused before its operation is known. @param status of the HTTP response */
export function badRequest(status: number, message: string, headers: Record<string, string> = {}): GraphQLError {
  return createGraphQLError(message, { extensions: { http: { status, headers }, code: 'BAD_REQUEST' } });
}

/** Whether an error already says why a request is refused, as those of `badRequest` do. */
export function isBadRequest(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError;
}
