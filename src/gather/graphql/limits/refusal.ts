import { GraphQLError } from 'graphql';
import { type ErrorCode, HTTP_STATUSES } from '../../errors.ts';

/** The error of an operation that is not run, with the HTTP status of its code. */
export function createRefusal(
  code: Extract<ErrorCode, 'LIMIT_EXCEEDED' | 'MAX_COST_EXCEEDED' | 'THROTTLED'>,
  message: string,
  headers: Record<string, string> = {},
): GraphQLError {
  // With `spec`, Yoga would answer a client that accepts application/json with 200.
  const http = { status: HTTP_STATUSES[code], headers, spec: false };
  return new GraphQLError(message, { extensions: { code, retryable: code === 'THROTTLED', http } });
}
