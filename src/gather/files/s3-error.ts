import { GatherError } from '../errors.ts';
import { noSuchFile, storageFull } from './store-errors.ts';

const SOURCE = 's3';
const ABSENT = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload']);
/** Error names of S3-compatible servers for a full disk or quota. */
const FULL = new Set(['InsufficientStorage', 'QuotaExceeded', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded']);
const REASONS: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
};

/** The error if S3 has not answered in time. */
export function timedOut(action: string, timeoutMs: number): GatherError {
  const message = `${SOURCE} did not answer ${action} within ${timeoutMs} ms.`;
  const reason = `no answer within ${timeoutMs} ms`;
  return new GatherError('UPSTREAM_TIMEOUT', message, { source: SOURCE, retryable: true, reason });
}

/**
 * Converts an error of the SDK to the error that clients see: NOT_FOUND, STORAGE_FULL or UPSTREAM_UNAVAILABLE. S3's own
 * message goes to the log only, because it may contain secrets.
 */
export function toS3Error(action: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (ABSENT.has(error.name)) return noSuchFile(error);
  const status = statusOf(error);
  if (status === undefined) return unavailable(`could not be reached for ${action}: ${reasonOf(error)}`, true, error);
  if (status === 507 || FULL.has(error.name)) return storageFull(SOURCE, `${SOURCE} is full`, error);
  const retryable = status >= 500 || status === 429;
  return unavailable(`answered ${action} with status ${status} (${error.name})`, retryable, error);
}

function unavailable(what: string, retryable: boolean, cause: unknown): GatherError {
  return new GatherError('UPSTREAM_UNAVAILABLE', `${SOURCE} ${what}.`, {
    source: SOURCE,
    retryable,
    reason: what,
    cause,
  });
}

function statusOf(error: Error): number | undefined {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? 'the connection failed';
}
