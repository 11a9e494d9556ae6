import type { ExecutionResult } from 'graphql';
import { HTTP_STATUSES } from '../../errors.ts';

interface Http {
  status?: number;
  headers?: Record<string, string>;
}

/** The errors of a file that decide the status of the whole answer. */
const CODES = ['TOO_SLOW', 'TOO_LARGE', 'STORAGE_FULL', 'BUSY'] as const;

/** A client that is past the deadline has sent its file too slowly. */
const HTTP: Readonly<Record<string, Http>> = {
  ...Object.fromEntries(CODES.map((code) => [code, { status: HTTP_STATUSES[code] }])),
  DEADLINE_EXCEEDED: { status: HTTP_STATUSES.TOO_SLOW },
  BUSY: { status: HTTP_STATUSES.BUSY, headers: { 'Retry-After': '1' } },
};

/** A result, to be sent with the status of HTTP that says what was wrong with a file: too slow, too large, one too many. */
export function withStatus<Result extends ExecutionResult>(result: Result): Result {
  const codes = (result.errors ?? []).map(({ extensions }) => String(extensions['code']));
  const { status, headers } = codes.map((code) => HTTP[code]).find(Boolean) ?? {};
  if (!status) return result;
  const before = result.extensions?.['http'] as Http | undefined;
  const http = { status, headers: { ...before?.headers, ...headers } };
  return { ...result, extensions: { ...result.extensions, http } };
}
