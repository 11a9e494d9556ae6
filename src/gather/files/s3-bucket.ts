import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { S3 } from '@aws-sdk/client-s3';
import { Deadline } from '../concurrency/deadline.ts';
import { assertInstalled } from '../packages.ts';
import { destroyOnAbort } from './destroy-on-abort.ts';
import { timedOut, toS3Error } from './s3-error.ts';
import type { ByteRange, Stored } from './store.ts';

/** A bucket, the credentials for it, and the timeout of requests. */
export interface BucketConfig {
  bucket: string;
  /** Base URL of an S3-compatible server; the bucket goes into the path. @default that of AWS */
  endpoint?: string | undefined;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Limit for a request of up to 8 MiB with its retries, and for a pause within a response. */
  timeoutMs: number;
}

interface Options {
  abortSignal: AbortSignal;
}

const ATTEMPTS = 3;

/**
 * A client of an S3 bucket. Methods without a signal are bounded by the timeout only. The SDK is loaded by the first
 * request. Close it.
 *
 * Throws `GatherError`: NOT_FOUND for a missing object, UPSTREAM_TIMEOUT, UPSTREAM_UNAVAILABLE.
 */
export class Bucket {
  readonly #config: BucketConfig;
  #client: Promise<S3> | undefined;

  /** @throws MissingPackageError if the SDK is not installed */
  constructor(config: BucketConfig) {
    assertInstalled('@aws-sdk/client-s3');
    this.#config = config;
  }

  async put(key: string, bytes: Uint8Array, metadata: Record<string, string> = {}): Promise<void> {
    const object = { ...this.#at(key), Body: bytes, Metadata: metadata };
    await this.#ask('PutObject', (s3, options) => s3.putObject(object, options));
  }

  /** Reads a small object as a whole. */
  get(key: string): Promise<Buffer> {
    return this.#ask('GetObject', async (s3, options) => {
      const { Body } = await s3.getObject(this.#at(key), options);
      return Body ? Buffer.from(await Body.transformToByteArray()) : Buffer.alloc(0);
    });
  }

  /** Reads the metadata of an object. */
  async metadata(key: string): Promise<Record<string, string>> {
    const { Metadata } = await this.#ask('HeadObject', (s3, options) => s3.headObject(this.#at(key), options));
    return Metadata ?? {};
  }

  /** Reads an object as a stream, which fails if the signal aborts or the server stalls. */
  async read(key: string, signal: AbortSignal, range?: ByteRange): Promise<Readable> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    const object = { ...this.#at(key), Range };
    const { Body } = await this.#ask('GetObject', (s3, options) => s3.getObject(object, options), signal);
    if (!(Body instanceof IncomingMessage)) throw new Error('Expected the answer of S3 to be a stream of Node.');
    return destroyOnAbort(signal, this.#destroyOnStall(Body));
  }

  async delete(key: string): Promise<void> {
    await this.#ask('DeleteObject', (s3, options) => s3.deleteObject(this.#at(key), options));
  }

  /** Lists the objects whose keys begin with the prefix. */
  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<Stored, void, void> {
    let ContinuationToken: string | undefined;
    do {
      const query = { Bucket: this.#config.bucket, Prefix: prefix, ContinuationToken };
      const page = await this.#ask('ListObjectsV2', (s3, options) => s3.listObjectsV2(query, options), signal);
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key && LastModified) yield { key: Key, changedAt: LastModified };
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
  }

  /** Begins a multipart upload, which costs until it is completed or aborted. @returns its ID */
  async beginUpload(key: string): Promise<string> {
    const { UploadId } = await this.#ask('CreateMultipartUpload', (s3, options) =>
      s3.createMultipartUpload(this.#at(key), options),
    );
    if (!UploadId) throw new Error('Expected S3 to name the upload.');
    return UploadId;
  }

  /** @returns the ETag of the part */
  async uploadPart(key: string, uploadId: string, number: number, bytes: Uint8Array): Promise<string> {
    const part = { ...this.#at(key), UploadId: uploadId, PartNumber: number, Body: bytes };
    const { ETag } = await this.#ask('UploadPart', (s3, options) => s3.uploadPart(part, options));
    if (!ETag) throw new Error('Expected S3 to name the part.');
    return ETag;
  }

  /** Joins the parts with these ETags; S3 drops other parts of the upload. */
  async completeUpload(key: string, uploadId: string, etags: readonly string[]): Promise<void> {
    const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    const upload = { ...this.#at(key), UploadId: uploadId, MultipartUpload: { Parts } };
    await this.#ask('CompleteMultipartUpload', (s3, options) => s3.completeMultipartUpload(upload, options));
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    const upload = { ...this.#at(key), UploadId: uploadId };
    await this.#ask('AbortMultipartUpload', (s3, options) => s3.abortMultipartUpload(upload, options));
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    (await this.#client)?.destroy();
  }

  #at(key: string) {
    return { Bucket: this.#config.bucket, Key: key };
  }

  async #ask<T>(
    action: string,
    send: (s3: S3, options: Options) => Promise<T>,
    signal = new AbortController().signal,
  ): Promise<T> {
    this.#client ??= connect(this.#config);
    const s3 = await this.#client;
    const { timeoutMs } = this.#config;
    using deadline = new Deadline(timeoutMs, () => timedOut(action, timeoutMs)).endWith(signal);
    return await deadline.wait<T>((resolve, reject) => {
      const controller = new AbortController();
      send(s3, { abortSignal: controller.signal }).then(resolve, (error) => reject(toS3Error(action, error)));
      return () => controller.abort();
    });
  }

  /**
   * Destroys a response if the server sends nothing for `timeoutMs`, or up to twice as long. A slow reader is no stall:
   * then bytes wait to be read. Two checks must agree, because the reader may just have read all of them.
   */
  #destroyOnStall(response: IncomingMessage): Readable {
    const { timeoutMs } = this.#config;
    let stalledAt: number | undefined;
    const timer = setInterval(() => {
      const { bytesRead } = response.socket;
      if (response.readableLength > 0) stalledAt = undefined;
      else if (stalledAt === bytesRead) response.destroy(timedOut('GetObject in full', timeoutMs));
      else stalledAt = bytesRead;
    }, timeoutMs);
    response.once('close', () => clearInterval(timer));
    return response;
  }
}

/** Creates the SDK's client, which connects when it is first used. */
async function connect({ region, endpoint, accessKeyId, secretAccessKey }: BucketConfig): Promise<S3> {
  const { S3 } = await import('@aws-sdk/client-s3');
  return new S3({
    region,
    ...(endpoint && { endpoint, forcePathStyle: true }),
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: ATTEMPTS,
    // Many servers support neither these checksums nor `Expect`. The signature covers the content anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    // Each download holds a connection, for as long as its client takes.
    requestHandler: { httpAgent: { maxSockets: Infinity }, httpsAgent: { maxSockets: Infinity } },
  });
}
