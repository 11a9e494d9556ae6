import type { ExecutionResult } from 'graphql';
import { HTTP_STATUSES } from '../../errors.ts';

interface Http {
  status?: number;
  headers?: Record<string, string>;
}

/** The file errors that decide the status of the whole response. */
const CODES = ['TOO_SLOW', 'TOO_LARGE', 'STORAGE_FULL', 'BUSY'] as const;

/** An upload that exceeds the deadline was sent too slowly. */
const HTTP: Readonly<Record<string, Http>> = {
  ...Object.fromEntries(CODES.map((code) => [code, { status: HTTP_STATUSES[code] }])),
  DEADLINE_EXCEEDED: { status: HTTP_STATUSES.TOO_SLOW },
  BUSY: { status: HTTP_STATUSES.BUSY, headers: { 'Retry-After': '1' } },
};

/** Gives a result the HTTP status of its file error: too slow, too large, no room, too many uploads. */
export function withStatus<Result extends ExecutionResult>(result: Result): Result {
  const codes = (result.errors ?? []).map(({ extensions }) => String(extensions['code']));
  const { status, headers } = codes.map((code) => HTTP[code]).find(Boolean) ?? {};
  if (!status) return result;
  const before = result.extensions?.['http'] as Http | undefined;
  const http = { status, headers: { ...before?.headers, ...headers } };
  return { ...result, extensions: { ...result.extensions, http } };
}
