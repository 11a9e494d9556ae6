import { errors } from 'undici';
import { type ErrorCode, GatherError } from '../errors.ts';

interface UpstreamErrorOptions {
  source: string;
  /** @default false */
  retryable?: boolean;
  /** See `UpstreamError.isOutage`. @default false */
  isOutage?: boolean;
  /** See `UpstreamError.retryAfterMs`. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** How a call to a service failed, with what the breaker and the retries need to know of it. */
export class UpstreamError extends GatherError {
  /** Whether it counts against the service: no answer in time, no connection, or an answer of 500 and above. */
  readonly isOutage: boolean;
  /** The shortest time after which the same request may be sent again; undefined where that is no use. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: UpstreamErrorOptions) {
    super(code, message, options);
    this.isOutage = options.isOutage ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What was asked of which service, as messages name it. The query is left out: it can be long. */
export interface RequestLabel {
  source: string;
  path: string;
}

/** The service has not answered in time. */
export function timedOut({ source, path }: RequestLabel, timeoutMs: number): UpstreamError {
  const message = `${source} did not answer ${nameOf(path)} within ${timeoutMs} ms.`;
  return new UpstreamError('UPSTREAM_TIMEOUT', message, { source, retryable: true, isOutage: true });
}

/** The service is not asked at all, for this reason: a clause after the service's name. */
export function notAsked(source: string, reason: string): UpstreamError {
  return new UpstreamError('UPSTREAM_UNAVAILABLE', `${source} ${reason}.`, { source, retryable: true });
}

/** The service answered with a status that says that it cannot answer now. */
export function refused(
  { source, path }: RequestLabel,
  status: number,
  retryAfterMs: number | undefined,
): UpstreamError {
  const message = `${source} answered ${nameOf(path)} with status ${status}; expected 200.`;
  const isOutage = status >= 500;
  return new UpstreamError('UPSTREAM_UNAVAILABLE', message, { source, retryable: true, isOutage, retryAfterMs });
}

/** The service answered, but not with what it promised. `what` came; `expected` was to come. */
export function invalid(
  { source, path }: RequestLabel,
  what: string,
  expected: string,
  cause?: unknown,
): UpstreamError {
  const message = `${source} answered ${nameOf(path)} with ${shortened(what)}; expected ${expected}.`;
  return new UpstreamError('UPSTREAM_INVALID', message, { source, cause });
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  UND_ERR_CONNECT_TIMEOUT: 'no connection came about in time',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  UND_ERR_DESTROYED: 'this server is stopping',
};

/** There is no answer because of this error of undici or the system. */
export function failed(question: RequestLabel, error: unknown, maxBytes: number): UpstreamError {
  const { source, path } = question;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return tooLarge(question, maxBytes, error);
  // Undici gives it no code for some of what is wrong with an answer.
  if (error instanceof errors.HTTPParserError || code.startsWith('HPE_'))
    return invalid(question, 'what is not HTTP', 'an answer in HTTP/1.1', error);
  const message = `${source} could not be reached for ${nameOf(path)}: ${REASONS[code] ?? 'the connection failed'}.`;
  const retryAfterMs = code === 'UND_ERR_DESTROYED' ? undefined : 0;
  const options = { source, retryable: true, isOutage: true, retryAfterMs, cause: error };
  return new UpstreamError('UPSTREAM_UNAVAILABLE', message, options);
}

/** The answer is larger than what is read of one. */
export function tooLarge(question: RequestLabel, maxBytes: number, cause: unknown): UpstreamError {
  return invalid(question, `more than ${maxBytes} bytes`, 'less', cause);
}

function nameOf(path: string): string {
  return `GET ${path.split('?', 1)[0]}`;
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
