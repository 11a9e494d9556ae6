import { GraphQLError } from 'graphql';
import { type ErrorCode, HTTP_STATUSES, withoutValues } from '../../errors.ts';

/**
 * With `spec`, Yoga answers 200 to clients that accept `application/json`:
 * https://graphql.github.io/graphql-over-http/draft/#sec-application-json
 */
const HTTP_OF_INVALID = { status: 400, spec: true };

/** Ends an operation before it is executed. Its result is the errors, which are fit for clients. */
export class Refused extends Error {
  readonly errors: readonly GraphQLError[];

  constructor(...errors: readonly GraphQLError[]) {
    super('The operation is refused.');
    this.errors = errors;
  }
}

/** The error of an operation that is not run, with the HTTP status of its code. */
export function createRefusal(
  code: Extract<ErrorCode, 'LIMIT_EXCEEDED' | 'MAX_COST_EXCEEDED' | 'THROTTLED'>,
  message: string,
  headers: Record<string, string> = {},
): GraphQLError {
  // A client that accepts application/json gets the status, too.
  const http = { status: HTTP_STATUSES[code], headers, spec: false };
  return new GraphQLError(message, { extensions: { code, retryable: code === 'THROTTLED', http } });
}

/** The error of a document or of variables that are invalid, for clients: without values of the request. */
export function toInvalid(error: GraphQLError, code?: string): GraphQLError {
  const { message, nodes, source, positions, extensions } = withoutValues(error, code);
  const place = nodes ? { nodes } : { source, positions };
  return new GraphQLError(message, { ...place, extensions: { ...extensions, http: HTTP_OF_INVALID } });
}
