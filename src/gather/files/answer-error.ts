import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { GatherError, HTTP_STATUSES, toClientError } from '../errors.ts';
import { refuse } from '../http/refuse.ts';
import { requestId } from '../monitoring/request-id.ts';

const BUSY_DATABASE = { status: 503, headers: { 'retry-after': '1' } };

/** Answers a request with the client's view of an error. Does nothing once the client has left. */
export function answerError(response: ServerResponse, error: unknown, headers?: OutgoingHttpHeaders): void {
  const busy = isDatabaseError(error) && error.code === 'BUSY' ? BUSY_DATABASE : undefined;
  const status = busy?.status ?? (error instanceof GatherError ? HTTP_STATUSES[error.code] : 500);
  const { message, extensions } = toClientError(error);
  refuse(response, {
    status,
    code: `${extensions['code']}`,
    message,
    requestId: status >= 500 ? requestId() : undefined,
    headers: { ...busy?.headers, ...headers },
  });
}

function isDatabaseError(error: unknown): error is GatherError {
  return error instanceof GatherError && error.source === 'postgres';
}
