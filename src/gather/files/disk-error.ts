import { codeOf, GatherError } from '../errors.ts';
import { noSuchFile, storageFull } from './store-errors.ts';

/** A full disk, an exceeded disk quota, and a file beyond the system's size limit. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Converts a disk error to the error that clients see; returns any other error unchanged. */
export function toDiskError(error: unknown): unknown {
  const code = diskCodeOf(error);
  if (code === 'ENOENT') return noSuchFile(error);
  if (FULL.has(code)) return storageFull('disk', 'The disk for files is full', error);
  return code.startsWith('E') ? unusable(`The disk for files failed with ${code}.`, error) : error;
}

/** The code of a failed system call; empty for any other error. */
function diskCodeOf(error: unknown): string {
  return error instanceof Error && 'syscall' in error ? codeOf(error) : '';
}

function unusable(message: string, cause: unknown): GatherError {
  return new GatherError('FILE_UNREADABLE', message, { source: 'disk', retryable: true, cause });
}
