import { GatherError } from '../errors.ts';
import { noSuchFile, storageFull } from './store-errors.ts';

/** The disk, the quota of the user, and the largest file that the system lets the process write. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What clients are told of an error of the disk; anything else stays what it is. */
export function toDiskError(error: unknown): unknown {
  const code = codeOf(error);
  if (code === 'ENOENT') return noSuchFile(error);
  if (FULL.has(code)) return storageFull('disk', 'The disk that files are kept on is full', error);
  return code.startsWith('E') ? unusable(`The disk that files are kept on failed with ${code}.`, error) : error;
}

/** The code of an error of the system, such as `ENOENT`; empty for anything else. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : '';
}

function unusable(message: string, cause: unknown): GatherError {
  return new GatherError('FILE_UNREADABLE', message, { source: 'disk', retryable: true, cause });
}
