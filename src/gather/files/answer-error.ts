import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type ErrorCode, GatherError, toClientError } from '../errors.ts';
import { requestId } from '../monitoring/request-id.ts';

/** What a request for bytes, or with bytes, is refused with. */
export interface Refusal {
  status: number;
  code: string;
  /** What was expected, and what came. */
  message: string;
  /** By which a person finds in the log what a client is not told. */
  requestId?: string | undefined;
}

const STATUSES: Readonly<Record<ErrorCode, number>> = {
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

const BUSY_DATABASE = { status: 503, headers: { 'retry-after': '1' } };

/** Says what went wrong, as far as a client may see it. Nothing happens where the client has left. */
export function answerError(response: ServerResponse, error: unknown, headers?: OutgoingHttpHeaders): void {
  const busy = isOfDatabase(error) && error.code === 'BUSY' ? BUSY_DATABASE : undefined;
  const status = busy?.status ?? (error instanceof GatherError ? STATUSES[error.code] : 500);
  const { message, extensions } = toClientError(error);
  const id = status >= 500 ? requestId() : undefined;
  refuse(response, { status, code: `${extensions['code']}`, message, requestId: id }, { ...busy?.headers, ...headers });
}

function isOfDatabase(error: unknown): error is GatherError {
  return error instanceof GatherError && error.source === 'postgres';
}

/** Answers `{ "error": { "code", "message" } }`, to be kept by nobody. Nothing happens where the client has left. */
export function refuse(response: ServerResponse, { status, ...error }: Refusal, headers?: OutgoingHttpHeaders): void {
  if (response.destroyed) return;
  const body = Buffer.from(`${JSON.stringify({ error })}\n`);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
