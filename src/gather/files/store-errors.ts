import { GatherError } from '../errors.ts';

/** The error if there is no object with this key, or it is incomplete. */
export function noSuchFile(cause?: unknown): GatherError {
  return new GatherError('NOT_FOUND', 'There is no file with this key.', { cause });
}

/** The error if a store is full. The bytes of the object that was being written are removed. */
export function storageFull(source: string, what: string, cause: unknown): GatherError {
  const message = `${what}: there is no room for these bytes. Send the file again later, from its beginning.`;
  return new GatherError('STORAGE_FULL', message, { source, retryable: true, cause });
}

/** Whether an error was made by `storageFull`. */
export function isStorageFull(error: unknown): boolean {
  return error instanceof GatherError && error.code === 'STORAGE_FULL';
}

/** The error for bytes at an offset other than the end of an object. */
export function notAtTheEnd(kept: number, offset: number): GatherError {
  return new GatherError('CONFLICT', `Expected bytes from offset ${kept}, where the file ends so far; got ${offset}.`);
}
