import { GraphQLError } from 'graphql';

/** Every code that a client can meet in `errors[].extensions.code` or in a `UserError`. */
export type ErrorCode =
  | 'INVALID_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'WRONG_CREDENTIALS'
  | 'TOO_MANY_ATTEMPTS'
  | 'LIMIT_EXCEEDED'
  | 'MAX_COST_EXCEEDED'
  | 'THROTTLED'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'DATABASE_UNAVAILABLE'
  | 'DATABASE_TIMEOUT'
  | 'UPSTREAM_TIMEOUT'
  | 'UPSTREAM_UNAVAILABLE'
  | 'UPSTREAM_INVALID'
  | 'FILE_UNREADABLE'
  | 'STORAGE_FULL'
  | 'QUOTA_EXCEEDED'
  | 'TOO_LARGE'
  | 'ANSWER_TOO_LARGE'
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

/** Longest message kept: longer ones may echo input and slow the redaction regexes. */
const MAX_LENGTH = 1000;

/** A message that is not longer than anybody reads. */
export function cut(message: string): string {
  return message.length > MAX_LENGTH ? `${message.slice(0, MAX_LENGTH)}…` : message;
}

/**
 * An error whose message and code may be shown to clients; a long message is truncated. Every other error is masked.
 * Not for faults of the program: throw ordinary errors for those, so that they are logged.
 */
export class GatherError extends Error {
  override readonly name = 'GatherError';
  readonly code: ErrorCode;
  readonly source: string | undefined;
  readonly retryable: boolean;
  readonly field: string | undefined;
  readonly value: string | undefined;

  constructor(code: ErrorCode, message: string, options: GatherErrorOptions = {}) {
    super(cut(message), { cause: options.cause });
    this.code = code;
    this.source = options.source;
    this.retryable = options.retryable ?? false;
    this.field = options.field;
    this.value = options.value;
  }
}

/** The HTTP status of each error code. */
export const HTTP_STATUSES: Readonly<Record<ErrorCode, number>> = {
  INVALID_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  WRONG_CREDENTIALS: 401,
  TOO_MANY_ATTEMPTS: 429,
  LIMIT_EXCEEDED: 400,
  MAX_COST_EXCEEDED: 400,
  THROTTLED: 429,
  NOT_FOUND: 404,
  CONFLICT: 409,
  DATABASE_UNAVAILABLE: 503,
  DATABASE_TIMEOUT: 504,
  UPSTREAM_TIMEOUT: 504,
  UPSTREAM_UNAVAILABLE: 503,
  UPSTREAM_INVALID: 502,
  FILE_UNREADABLE: 500,
  STORAGE_FULL: 507,
  QUOTA_EXCEEDED: 507,
  TOO_LARGE: 413,
  ANSWER_TOO_LARGE: 413,
  TOO_SLOW: 408,
  BUSY: 429,
  LOCKED: 423,
  DEADLINE_EXCEEDED: 504,
  CANCELLED: 503,
};

/** The client closed its connection before it had the whole answer. */
export const CLIENT_LEFT = new GatherError('CANCELLED', 'The client left.');

const GIVEN = [
  /, (?:\.{3})?".*"(?:\.{3})?(?= is not valid JSON)/s,
  /(?<=cannot represent .*value|invalid input (?:syntax|value) for [^:]*): .*$/s,
];

/**
 * What a client may see of an error, and the only place that decides it: each `GatherError` in full, errors of GraphQL
 * itself without the values that were given, of anything else only that it happened.
 * @param requestId by which a person finds in the log what a client is not told
 * @param isDevelopment whether the client is the developer, and is told what happened
 */
export function toClientError(error: unknown, requestId?: string, isDevelopment = false): GraphQLError {
  const original = originalOf(error);
  if (original instanceof GatherError) return withCode(error, original);
  if (error instanceof GraphQLError && original instanceof GraphQLError && isOfRequest(error, original)) {
    return withoutValues(error);
  }
  const { path } = placeOf(error);
  return new GraphQLError('Something went wrong on our side.', {
    ...placeOf(error),
    extensions: {
      code: 'INTERNAL_SERVER_ERROR',
      retryable: false,
      ...(requestId && { requestId }),
      ...(isDevelopment && { exception: toException(original) }),
      // Yoga does not show it, and answers with status 500.
      ...(!path && { unexpected: true }),
    },
  });
}

function toException(error: unknown): { message: string; stack: string[] } {
  if (!(error instanceof Error)) return { message: String(error), stack: [] };
  return { message: error.message, stack: (error.stack ?? '').split('\n').map((line) => line.trim()) };
}

/** Whether `toClientError` has hidden what the error said, so that the log must keep it. */
export function isMasked(shown: GraphQLError): boolean {
  return shown.extensions['code'] === 'INTERNAL_SERVER_ERROR';
}

/** What was thrown in the first place. */
export function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originalOf(error.originalError) : error;
}

/**
 * An error of GraphQL itself, with a code, and without the values that the request gave: a password may be among them,
 * and an input that is wrong in many places would be repeated for each.
 */
export function withoutValues(error: GraphQLError, code = 'BAD_USER_INPUT'): GraphQLError {
  const { nodes, source, positions, path, extensions } = error;
  const place = nodes ? { nodes } : { source, positions };
  return new GraphQLError(toText(error), { ...place, path, extensions: { code, ...extensions } });
}

/** A field that fails of what GraphQL says of its arguments knows their place. One whose value has another type does not. */
function isOfRequest({ path }: GraphQLError, { nodes, extensions }: GraphQLError): boolean {
  return !path || nodes !== undefined || extensions['code'] !== undefined;
}

function toText({ message, originalError }: GraphQLError): string {
  const [, variable] = /^(Variable "\$\w+") got invalid value /.exec(message) ?? [];
  if (!variable || !originalError)
    return withoutValue(message.replace(/^(Variable "\$\w+" has) (?=invalid value)/, '$1 an '));
  const given = message.slice(0, -originalError.message.length);
  const [place = ''] = / at "[^"]*"(?=; $)/.exec(given) ?? [];
  return `${variable} has an invalid value${place}: ${withoutValue(originalError.message)}`;
}

function withoutValue(message: string): string {
  return withoutGiven(message)
    .replace(/([,;?.])? found: .*$/is, (_, end) => (end === '?' ? '?' : '.'))
    .replace(/((?:found|Unexpected) (?:Block)?String) ".*$/s, '$1.');
}

/** A message without what V8, GraphQL and PostgreSQL repeat of what was given, and not longer than anybody reads. */
export function withoutGiven(message: string): string {
  return GIVEN.reduce((text, given) => text.replace(given, ''), message.slice(0, MAX_LENGTH));
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
