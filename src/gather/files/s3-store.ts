import type { Readable } from 'node:stream';
import { GatherError } from '../errors.ts';
import type { Logger } from '../monitoring/log.ts';
import { Outage } from '../monitoring/outage.ts';
import { writeInBlocks } from './blocks.ts';
import { assertKey, isKey } from './key.ts';
import { removeWhenFull } from './remove-when-full.ts';
import { Bucket, type BucketConfig } from './s3-bucket.ts';
import { cutAt, decode, EMPTY, encode, PART_BYTES, type Partial, sizeOf } from './s3-partial.ts';
import type { ByteRange, Store, Stored } from './store.ts';
import { withTiming } from './with-timing.ts';

/** S3's limit, for objects of up to 78 GiB. */
const MAX_PARTS = 10_000;

/**
 * Stores files in a bucket of S3 or a compatible server, as `objects/<key>`. While a file is written, a small object
 * `partial/<key>` lists the parts of a multipart upload and holds the bytes that do not fill a part yet. It is written
 * after each part and alone decides how much is kept, so an append may end anywhere and continue on another machine. An
 * object can be truncated only at the end of a part, or after the last one. Each append takes two blocks of 8 MiB.
 *
 * An abort stops reading the source at once; bytes received by then are still written, within `timeoutMs` per request.
 *
 * Throws `GatherError`: NOT_FOUND, CONFLICT, TOO_LARGE, STORAGE_FULL, UPSTREAM_TIMEOUT, UPSTREAM_UNAVAILABLE.
 * @param log for outages. @default none
 */
export function createS3Store(config: BucketConfig, log?: Logger): Store {
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
    // The caller may repeat the call, if it was interrupted before the response.
    const isWritten = partial && (await unlessAbsent(join(key, partial).then(() => true)));
    if (!isWritten) await bucket.metadata(objectName(key));
    await bucket.delete(partialName(key));
  }

  async function read(key: string, signal: AbortSignal, range?: ByteRange): Promise<Readable> {
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

  /** Stores the ID before any part is uploaded, so that the upload can always be aborted. */
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

  /** Aborts the multipart upload, which frees its parts. */
  async function drop(key: string, { uploadId }: Partial): Promise<void> {
    if (uploadId) await unlessAbsent(bucket.abortUpload(objectName(key), uploadId));
  }

  function partialName(key: string): string {
    return `partial/${key}`;
  }

  function objectName(key: string): string {
    return `objects/${key}`;
  }

  const close = () => bucket.close();
  const store = { append, keptBytes, complete, read, remove, list, close };
  return removeWhenFull(withTiming('http', store, log && new Outage(log, 's3')));
}

async function* after(tail: Buffer, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  yield tail;
  yield* bytes;
}

/** undefined if there is no such object. */
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
