import { errors } from 'undici';
import { codeOf, type ErrorCode, GatherError } from '../errors.ts';

interface UpstreamErrorOptions {
  source: string;
  /** @default false */
  retryable?: boolean;
  /** See `UpstreamError.isOutage`. @default false */
  isOutage?: boolean;
  /** See `UpstreamError.retryAfterMs`. */
  retryAfterMs?: number | undefined;
  /** See `UpstreamError.status`. */
  status?: number;
  /** What to log: the message names a path, which may have keys in it. */
  reason: string;
  cause?: unknown;
}

/** The failure of a call to a service, with what the breaker and the retries need to know. */
export class UpstreamError extends GatherError {
  /** Whether it counts against the service: a timeout, no connection, or a status of 500 and above. */
  readonly isOutage: boolean;
  /** The minimum delay before a retry; undefined if a retry is useless. */
  readonly retryAfterMs: number | undefined;
  /** The status of the answer, if that is what failed. */
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, options: UpstreamErrorOptions) {
    super(code, message, options);
    this.isOutage = options.isOutage ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
  }
}

/** Names a request in messages. The query is left out of them: it can be long, or have a secret. */
export interface RequestLabel {
  source: string;
  /** @default GET */
  method?: string;
  path: string;
}

/** The service did not answer in time. */
export function timedOut(label: RequestLabel, timeoutMs: number): UpstreamError {
  const { source } = label;
  const message = `${source} did not answer ${nameOf(label)} within ${timeoutMs} ms.`;
  const reason = `no answer within ${timeoutMs} ms`;
  return new UpstreamError('UPSTREAM_TIMEOUT', message, { source, retryable: true, isOutage: true, reason });
}

/** The request was not sent. @param reason a clause after the service's name */
export function notSent(source: string, reason: string): UpstreamError {
  return new UpstreamError('UPSTREAM_UNAVAILABLE', `${source} ${reason}.`, { source, retryable: true, reason });
}

/** An answer with a status that is no success. */
interface Refusal {
  status: number;
  /** What the contract says of it. */
  meaning: string | undefined;
  /** The status of a success. */
  expected: string;
}

/** The service answered with 429, or 500 and above. @param options what retries and breaker make of it */
export function refused(
  label: RequestLabel,
  refusal: Refusal,
  options: Pick<UpstreamErrorOptions, 'isOutage' | 'retryAfterMs'> = {},
): UpstreamError {
  const { source } = label;
  const { status, expected } = refusal;
  const message = `${source} answered ${nameOf(label)} with ${nameOfStatus(refusal)}; expected ${expected}.`;
  return new UpstreamError('UPSTREAM_UNAVAILABLE', message, {
    source,
    retryable: true,
    status,
    reason: `status ${status}`,
    ...options,
  });
}

/** The service answered with a status that says that the request is wrong. */
export function rejected(label: RequestLabel, refusal: Refusal): UpstreamError {
  return invalid(label, nameOfStatus(refusal), refusal.expected, undefined, refusal.status);
}

/** The service answered, but not as its contract says. */
export function invalid(
  label: RequestLabel,
  got: string,
  expected: string,
  cause?: unknown,
  status?: number,
): UpstreamError {
  const { source } = label;
  const message = `${source} answered ${nameOf(label)} with ${shortened(got)}; expected ${expected}.`;
  const reason = `expected ${expected}`;
  return new UpstreamError('UPSTREAM_INVALID', message, { source, cause, reason, ...(status && { status }) });
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  UND_ERR_CONNECT_TIMEOUT: 'connecting timed out',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  UND_ERR_DESTROYED: 'this server is stopping',
};

/** Converts an error of undici or of the system. */
export function failed(label: RequestLabel, error: unknown, maxBytes: number): UpstreamError {
  const { source } = label;
  const code = codeOf(error);
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return tooLarge(label, maxBytes, error);
  // Some of undici's parse errors have no code.
  if (error instanceof errors.HTTPParserError || code.startsWith('HPE_'))
    return invalid(label, 'a response that is not HTTP', 'HTTP/1.1', error);
  const reason = REASONS[code] ?? 'the connection failed';
  const message = `${source} could not be reached for ${nameOf(label)}: ${reason}.`;
  const retryAfterMs = code === 'UND_ERR_DESTROYED' ? undefined : 0;
  const options = { source, retryable: true, isOutage: true, retryAfterMs, reason, cause: error };
  return new UpstreamError('UPSTREAM_UNAVAILABLE', message, options);
}

/** The answer is larger than `maxBytes`. */
export function tooLarge(label: RequestLabel, maxBytes: number, cause: unknown): UpstreamError {
  return invalid(label, `more than ${maxBytes} bytes`, 'less', cause);
}

function nameOf({ method = 'GET', path }: RequestLabel): string {
  return `${method} ${path.split('?', 1)[0]}`;
}

function nameOfStatus({ status, meaning }: Refusal): string {
  return meaning ? `status ${status} (${meaning})` : `status ${status}`;
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
