import { GatherError } from '../errors.ts';

/** No object is there under a key, or it is not complete. */
export function noSuchFile(cause?: unknown): GatherError {
  return new GatherError('NOT_FOUND', 'There is no file with this key.', { cause });
}

/** A store has no room for more bytes; those of the object that was written are removed. */
export function storageFull(source: string, what: string, cause: unknown): GatherError {
  const message = `${what}: there is no room for these bytes. Send the file again from its beginning, later.`;
  return new GatherError('STORAGE_FULL', message, { source, retryable: true, cause });
}

/** Whether it says that there is no room. */
export function isStorageFull(error: unknown): boolean {
  return error instanceof GatherError && error.code === 'STORAGE_FULL';
}

/** Bytes were to be added at an offset that is not where an object ends. */
export function notAtTheEnd(kept: number, offset: number): GatherError {
  return new GatherError(
    'CONFLICT',
    `Expected bytes from offset ${kept} on, because so many are there; got ${offset}.`,
  );
}
