import { GraphQLError } from 'graphql';
import type { ErrorCode } from '../../errors.ts';

interface Http {
  status: number;
  headers?: Record<string, string>;
}

/** What a client is told whose operation is not run, and the status of HTTP that goes with it. */
export function createRefusal(
  code: Extract<ErrorCode, 'LIMIT_EXCEEDED' | 'MAX_COST_EXCEEDED' | 'THROTTLED'>,
  message: string,
  { status, headers }: Http = { status: 400 },
): GraphQLError {
  // With `spec`, Yoga would answer 200 to clients that accept application/json.
  const http = { status, headers, spec: false };
  return new GraphQLError(message, { extensions: { code, retryable: code === 'THROTTLED', http } });
}
