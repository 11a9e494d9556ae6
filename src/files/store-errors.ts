import { GatherError } from '../errors.ts';

/** No object is there under a key, or it is not complete. */
export function noSuchFile(cause?: unknown): GatherError {
  return new GatherError('NOT_FOUND', 'There is no file with this key.', { cause });
}

/** Bytes were to be added at an offset that is not where an object ends. */
export function notAtTheEnd(kept: number, offset: number): GatherError {
  return new GatherError(
    'CONFLICT',
    `Expected bytes from offset ${kept} on, because so many are there; got ${offset}.`,
  );
}
