import { GraphQLError } from 'graphql';

/** Every code that a client can meet in `errors[].extensions.code` or in a `UserError`. */
export type ErrorCode =
  | 'INVALID_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'DATABASE_UNAVAILABLE'
  | 'DATABASE_TIMEOUT'
  | 'UPSTREAM_TIMEOUT'
  | 'UPSTREAM_UNAVAILABLE'
  | 'UPSTREAM_INVALID'
  | 'FILE_UNREADABLE'
  | 'TOO_LARGE'
  | 'TOO_SLOW'
  | 'BUSY'
  | 'LOCKED'
  | 'DEADLINE_EXCEEDED'
  | 'CANCELLED';

interface GatherErrorOptions {
  /** The source that failed: `postgres`, `disk`, or the name of an upstream. */
  source?: string;
  /** Whether the same request may succeed if it is sent again. @default false */
  retryable?: boolean;
  /** The input field at fault, where one is known. */
  field?: string | undefined;
  /** The value of that field, as text. */
  value?: string | undefined;
  /** What went wrong underneath; for the log only. */
  cause?: unknown;
}

/**
 * An error whose message and code are fit for a client. Everything else that is thrown is masked.
 * It is not for faults of the program: let those be ordinary errors, so that they are logged.
 */
export class GatherError extends Error {
  override readonly name = 'GatherError';
  readonly code: ErrorCode;
  readonly source: string | undefined;
  readonly retryable: boolean;
  readonly field: string | undefined;
  readonly value: string | undefined;

  constructor(code: ErrorCode, message: string, options: GatherErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.source = options.source;
    this.retryable = options.retryable ?? false;
    this.field = options.field;
    this.value = options.value;
  }
}

/**
 * What a client may see of an error, and the only place that decides it: errors of GraphQL itself and each
 * `GatherError` in full, of anything else only that it happened.
 */
export function toClientError(error: unknown): GraphQLError {
  const original = error instanceof GraphQLError ? error.originalError : error;
  if (original instanceof GatherError) return withCode(error, original);
  if (error instanceof GraphQLError && (!original || original instanceof GraphQLError)) return error;
  return new GraphQLError('Something went wrong on our side.', {
    ...placeOf(error),
    extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false },
  });
}

/** Whether `toClientError` hides what this error says, so that the log must keep it. */
export function isMasked(error: unknown): boolean {
  return toClientError(error).extensions['code'] === 'INTERNAL_SERVER_ERROR';
}

function withCode(error: unknown, { message, code, source, retryable }: GatherError): GraphQLError {
  return new GraphQLError(message, {
    ...placeOf(error),
    extensions: { code, ...(source && { source }), ...(isOfUpstream(code) && { service: source }), retryable },
  });
}

/** Without its `source`: graphql-js takes that of a `GatherError` for the text of the operation. */
function placeOf(error: unknown) {
  return error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {};
}

/** Whether a service is at fault. */
export function isOfUpstream(code: ErrorCode): code is Extract<ErrorCode, `UPSTREAM_${string}`> {
  return code.startsWith('UPSTREAM_');
}
