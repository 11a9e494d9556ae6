import type { ExecutionResult } from 'graphql';

interface Http {
  status?: number;
  headers?: Record<string, string>;
}

const HTTP: Readonly<Record<string, Http>> = {
  TOO_SLOW: { status: 408 },
  DEADLINE_EXCEEDED: { status: 408 },
  TOO_LARGE: { status: 413 },
  STORAGE_FULL: { status: 507 },
  BUSY: { status: 429, headers: { 'Retry-After': '1' } },
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
