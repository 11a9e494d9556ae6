import type { Readable } from 'node:stream';
import { GatherError } from '../errors.ts';
import { writeInBlocks } from './blocks.ts';
import { assertKey, isKey } from './key.ts';
import { makingRoom } from './making-room.ts';
import { Bucket, type BucketConfig } from './s3-bucket.ts';
import { cutAt, decode, EMPTY, encode, PART_BYTES, type Partial, sizeOf } from './s3-partial.ts';
import type { ByteRange, Store, Stored } from './store.ts';
import { withTiming } from './with-timing.ts';

/** As many as S3 takes: objects of 80 GiB. */
const MAX_PARTS = 10_000;

/**
 * Keeps files in a bucket of S3 or of a server that is compatible with it: as `objects/<key>`, and while they are written
 * as `partial/<key>`, which names the parts of a multipart upload and holds the bytes that do not fill a part yet. That
 * small object is written after each part and alone decides how much is kept, so that an append may end anywhere, and go
 * on from another machine. An object can be cut only where a part ends, or behind the last one. Two blocks of 8 MiB of
 * memory for each append.
 *
 * An abort stops the reading of the source at once; what has come by then is written, within `timeoutMs` for a request.
 *
 * Throws `GatherError`: NOT_FOUND, CONFLICT, TOO_LARGE, STORAGE_FULL, UPSTREAM_TIMEOUT, UPSTREAM_UNAVAILABLE.
 */
export function createS3Store(config: BucketConfig): Store {
  const bucket = new Bucket(config);

  async function append(key: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    assertKey(key);
    signal.throwIfAborted();
    let partial = cutAt((await find(key)) ?? EMPTY, offset);
    let isKept = false;
    await writeInBlocks(after(partial.tail, bytes), PART_BYTES, signal, async (block) => {
      partial = block.length === PART_BYTES ? await withPart(key, partial, block) : { ...partial, tail: block };
      await keep(key, partial);
      isKept = true;
    });
    if (!isKept) await keep(key, partial);
  }

  async function keptBytes(key: string): Promise<number> {
    assertKey(key);
    const metadata = await unlessAbsent(bucket.metadata(partialName(key)));
    return Number(metadata?.['kept'] ?? 0);
  }

  async function complete(key: string): Promise<void> {
    assertKey(key);
    const partial = await find(key);
    // A caller that was stopped before it got the answer may ask again.
    const isWritten = partial && (await unlessAbsent(join(key, partial).then(() => true)));
    if (!isWritten) await bucket.metadata(objectName(key));
    await bucket.delete(partialName(key));
  }

  function read(key: string, signal: AbortSignal, range?: ByteRange): Promise<Readable> {
    assertKey(key);
    return bucket.read(objectName(key), signal, range);
  }

  async function remove(key: string): Promise<void> {
    assertKey(key);
    const partial = await find(key);
    if (partial) await drop(key, partial);
    await unlessAbsent(bucket.delete(partialName(key)));
    await unlessAbsent(bucket.delete(objectName(key)));
  }

  async function* list(signal: AbortSignal): AsyncGenerator<Stored, void, void> {
    for (const place of [partialName(''), objectName('')]) {
      for await (const { key: name, changedAt } of bucket.list(place, signal)) {
        const key = name.slice(place.length);
        if (isKey(key)) yield { key, changedAt };
      }
    }
  }

  async function find(key: string): Promise<Partial | undefined> {
    const bytes = await unlessAbsent(bucket.get(partialName(key)));
    return bytes && decode(bytes);
  }

  function keep(key: string, partial: Partial): Promise<void> {
    return bucket.put(partialName(key), encode(partial), { kept: String(sizeOf(partial)) });
  }

  async function withPart(key: string, partial: Partial, block: Buffer): Promise<Partial> {
    const { etags } = partial;
    if (etags.length === MAX_PARTS) throw tooLarge();
    const uploadId = partial.uploadId ?? (await beginUpload(key, partial));
    const etag = await bucket.uploadPart(objectName(key), uploadId, etags.length + 1, block);
    return { uploadId, etags: [...etags, etag], tail: EMPTY.tail };
  }

  /** The id is kept before the upload takes any room, so that it can always be aborted. */
  async function beginUpload(key: string, partial: Partial): Promise<string> {
    const uploadId = await bucket.beginUpload(objectName(key));
    await keep(key, { ...partial, uploadId });
    return uploadId;
  }

  async function join(key: string, partial: Partial): Promise<void> {
    const { uploadId, etags, tail } = partial;
    if (!uploadId || etags.length === 0) {
      await bucket.put(objectName(key), tail);
      return drop(key, partial);
    }
    const last = tail.length > 0 ? [await bucket.uploadPart(objectName(key), uploadId, etags.length + 1, tail)] : [];
    await bucket.completeUpload(objectName(key), uploadId, [...etags, ...last]);
  }

  /** Frees what the parts take. */
  async function drop(key: string, { uploadId }: Partial): Promise<void> {
    if (uploadId) await unlessAbsent(bucket.abortUpload(objectName(key), uploadId));
  }

  function partialName(key: string): string {
    return `partial/${key}`;
  }

  function objectName(key: string): string {
    return `objects/${key}`;
  }

  const close = async () => bucket.close();
  return makingRoom(withTiming('http', { append, keptBytes, complete, read, remove, list, close }));
}

async function* after(tail: Buffer, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  yield tail;
  yield* bytes;
}

/** Undefined where there is no such object. */
async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error) => {
    if (error instanceof GatherError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
}

function tooLarge(): GatherError {
  const gibibytes = (MAX_PARTS * PART_BYTES) / 1024 ** 3;
  return new GatherError('TOO_LARGE', `Expected a file of at most ${Math.floor(gibibytes)} GiB, got more.`, {
    source: 's3',
  });
}
