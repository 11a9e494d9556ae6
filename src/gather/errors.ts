import { GraphQLError } from 'graphql';

/** Every code that a client can receive in `errors[].extensions.code` or in a `UserError`. */
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
  | 'UNSUPPORTED'
  | 'CANCELLED';

interface GatherErrorOptions {
  /** The source that failed: `postgres`, `disk`, or the name of a service. */
  source?: string;
  /** Whether the same request may succeed later. @default false */
  retryable?: boolean;
  /** The input field at fault, if known. */
  field?: string | undefined;
  /** The value of that field, as text. */
  value?: string | undefined;
  /** The underlying error; for the log only. */
  cause?: unknown;
  /** What to log in place of the message, which may quote values of the request. @default nothing */
  reason?: string | undefined;
}

/** Longest message kept: longer ones may echo input and slow the redaction regexes. */
const MAX_LENGTH = 1000;

/** Truncates a message to `MAX_LENGTH`. */
export function cut(message: string): string {
  return message.length > MAX_LENGTH ? `${message.slice(0, MAX_LENGTH).toWellFormed()}…` : message;
}

/**
 * An error whose message and code may be shown to clients; a long message is truncated. Every other error is masked.
 * Throw an ordinary error for a bug, so that it is logged.
 */
export class GatherError extends Error {
  override readonly name = 'GatherError';
  readonly code: ErrorCode;
  readonly source: string | undefined;
  readonly retryable: boolean;
  readonly field: string | undefined;
  readonly value: string | undefined;
  readonly reason: string | undefined;

  constructor(code: ErrorCode, message: string, options: GatherErrorOptions = {}) {
    super(cut(message), { cause: options.cause });
    this.code = code;
    this.source = options.source;
    this.retryable = options.retryable ?? false;
    this.field = options.field;
    this.value = options.value;
    this.reason = options.reason;
  }
}

/** Everything that is wrong with an application, each fault with the place to fix it. */
export class AppError extends Error {
  override readonly name = 'AppError';

  constructor(heading: string, faults: readonly string[]) {
    super([`${heading}:`, ...faults.map((fault) => `  ${fault}`)].join('\n'));
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
  UNSUPPORTED: 501,
  CANCELLED: 503,
};

/** The code of an error of the system or of a library, such as `ENOENT`; empty for any other error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The client closed its connection before the response was complete. */
export const CLIENT_LEFT = new GatherError('CANCELLED', 'The client left.');

/** Where V8, graphql-js and PostgreSQL quote the input in their messages. */
const QUOTED_INPUT = [
  /, (?:\.{3})?".*"(?:\.{3})?(?= is not valid JSON)/s,
  /(?<=cannot represent .*value|invalid input (?:syntax|value) for [^:]*): .*$/s,
];

/**
 * Decides, for the whole server, what a client may see of an error: a `GatherError` in full, an error of GraphQL itself
 * without the values of the request, and of any other error only that it happened.
 * @param requestId identifies the masked error in the log
 * @param isDevelopment whether to add the message and the stack of a masked error
 */
export function toClientError(error: unknown, requestId?: string, isDevelopment = false): GraphQLError {
  const original = originalOf(error);
  const reason = isAbort(original) ? original.cause : original;
  if (reason instanceof GatherError) return withCode(error, reason);
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
      // Makes Yoga answer with status 500; Yoga removes it.
      ...(!path && { unexpected: true }),
    },
  });
}

function toException(error: unknown): { message: string; stack: string[] } {
  if (!(error instanceof Error)) return { message: String(error), stack: [] };
  return { message: error.message, stack: (error.stack ?? '').split('\n').map((line) => line.trim()) };
}

/** Whether `toClientError` has masked the error, so that it must be logged. */
export function isMasked(shown: GraphQLError): boolean {
  return shown.extensions['code'] === 'INTERNAL_SERVER_ERROR';
}

/** Whether Node has thrown this because a signal was aborted: the reason is its cause. */
function isAbort(error: unknown): error is Error {
  return error instanceof Error && error.name === 'AbortError';
}

/** The error that was thrown originally, below any wrapping GraphQLErrors. */
export function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? originalOf(error.originalError) : error;
}

/**
 * Adds a code to an error of GraphQL itself, and removes the values of the request from its message: one may be a
 * password, and an input with many errors would be repeated in each.
 */
export function withoutValues(error: GraphQLError, code = 'BAD_USER_INPUT'): GraphQLError {
  const { nodes, source, positions, path, extensions } = error;
  const place = nodes ? { nodes } : { source, positions };
  return new GraphQLError(toText(error), { ...place, path, extensions: { code, ...extensions } });
}

/**
 * Whether GraphQL reports a fault of the request, not of a resolver. An error about arguments has their nodes; one about
 * a resolver's value has none.
 */
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

/** Removes the input that V8, graphql-js and PostgreSQL quote from a message, and truncates it. */
export function withoutGiven(message: string): string {
  return QUOTED_INPUT.reduce((text, pattern) => text.replace(pattern, ''), message.slice(0, MAX_LENGTH));
}

function withCode(error: unknown, { message, code, source, retryable }: GatherError): GraphQLError {
  return new GraphQLError(message, {
    ...placeOf(error),
    extensions: { code, ...(source && { source }), ...(isOfUpstream(code) && { service: source }), retryable },
  });
}

/** Omits `source`: graphql-js would take that of a `GatherError` for the text of the operation. */
function placeOf(error: unknown) {
  return error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {};
}

/** Whether a service is at fault. */
export function isOfUpstream(code: ErrorCode): code is Extract<ErrorCode, `UPSTREAM_${string}`> {
  return code.startsWith('UPSTREAM_');
}
