import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Deadline } from '../concurrency/deadline.ts';
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
 * A client of an S3 bucket. Methods without a signal are bounded by the timeout only. Close it.
 *
 * Throws `GatherError`: NOT_FOUND for a missing object, UPSTREAM_TIMEOUT, UPSTREAM_UNAVAILABLE.
 */
export class Bucket {
  readonly #client: S3Client;
  readonly #name: string;
  readonly #timeoutMs: number;

  constructor({ bucket, endpoint, region, accessKeyId, secretAccessKey, timeoutMs }: BucketConfig) {
    this.#name = bucket;
    this.#timeoutMs = timeoutMs;
    this.#client = new S3Client({
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

  async put(key: string, bytes: Uint8Array, metadata: Record<string, string> = {}): Promise<void> {
    const command = new PutObjectCommand({ ...this.#at(key), Body: bytes, Metadata: metadata });
    await this.#ask('PutObject', (options) => this.#client.send(command, options));
  }

  /** Reads a small object as a whole. */
  get(key: string): Promise<Buffer> {
    const command = new GetObjectCommand(this.#at(key));
    return this.#ask('GetObject', async (options) => {
      const { Body } = await this.#client.send(command, options);
      return Body ? Buffer.from(await Body.transformToByteArray()) : Buffer.alloc(0);
    });
  }

  /** Reads the metadata of an object. */
  async metadata(key: string): Promise<Record<string, string>> {
    const command = new HeadObjectCommand(this.#at(key));
    const { Metadata } = await this.#ask('HeadObject', (options) => this.#client.send(command, options));
    return Metadata ?? {};
  }

  /** Reads an object as a stream, which fails if the signal aborts or the server stalls. */
  async read(key: string, signal: AbortSignal, range?: ByteRange): Promise<Readable> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    const command = new GetObjectCommand({ ...this.#at(key), Range });
    const { Body } = await this.#ask('GetObject', (options) => this.#client.send(command, options), signal);
    if (!(Body instanceof IncomingMessage)) throw new Error('Expected the answer of S3 to be a stream of Node.');
    return destroyOnAbort(signal, this.#destroyOnStall(Body));
  }

  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand(this.#at(key));
    await this.#ask('DeleteObject', (options) => this.#client.send(command, options));
  }

  /** Lists the objects whose keys begin with the prefix. */
  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<Stored, void, void> {
    let ContinuationToken: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: this.#name, Prefix: prefix, ContinuationToken });
      const page = await this.#ask('ListObjectsV2', (options) => this.#client.send(command, options), signal);
      for (const { Key, LastModified } of page.Contents ?? []) {
        if (Key && LastModified) yield { key: Key, changedAt: LastModified };
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
  }

  /** Begins a multipart upload, which costs until it is completed or aborted. @returns its ID */
  async beginUpload(key: string): Promise<string> {
    const command = new CreateMultipartUploadCommand(this.#at(key));
    const { UploadId } = await this.#ask('CreateMultipartUpload', (options) => this.#client.send(command, options));
    if (!UploadId) throw new Error('Expected S3 to name the upload.');
    return UploadId;
  }

  /** @returns the ETag of the part */
  async uploadPart(key: string, uploadId: string, number: number, bytes: Uint8Array): Promise<string> {
    const part = { ...this.#at(key), UploadId: uploadId, PartNumber: number, Body: bytes };
    const command = new UploadPartCommand(part);
    const { ETag } = await this.#ask('UploadPart', (options) => this.#client.send(command, options));
    if (!ETag) throw new Error('Expected S3 to name the part.');
    return ETag;
  }

  /** Joins the parts with these ETags; S3 drops other parts of the upload. */
  async completeUpload(key: string, uploadId: string, etags: readonly string[]): Promise<void> {
    const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    const upload = { ...this.#at(key), UploadId: uploadId, MultipartUpload: { Parts } };
    const command = new CompleteMultipartUploadCommand(upload);
    await this.#ask('CompleteMultipartUpload', (options) => this.#client.send(command, options));
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: uploadId });
    await this.#ask('AbortMultipartUpload', (options) => this.#client.send(command, options));
  }

  /** Closes every connection. */
  close(): void {
    this.#client.destroy();
  }

  #at(key: string) {
    return { Bucket: this.#name, Key: key };
  }

  async #ask<T>(action: string, send: (options: Options) => Promise<T>, signal = new AbortController().signal) {
    using deadline = new Deadline(this.#timeoutMs, () => timedOut(action, this.#timeoutMs)).endWith(signal);
    return await deadline.wait<T>((resolve, reject) => {
      const controller = new AbortController();
      send({ abortSignal: controller.signal }).then(resolve, (error) => reject(toS3Error(action, error)));
      return () => controller.abort();
    });
  }

  /**
   * Destroys a response if the server sends nothing for `timeoutMs`, or up to twice as long. A slow reader is no stall:
   * then bytes wait to be read. Two checks must agree, because the reader may just have read all of them.
   */
  #destroyOnStall(response: IncomingMessage): Readable {
    let stalledAt: number | undefined;
    const timer = setInterval(() => {
      const { bytesRead } = response.socket;
      if (response.readableLength > 0) stalledAt = undefined;
      else if (stalledAt === bytesRead) response.destroy(timedOut('GetObject in full', this.#timeoutMs));
      else stalledAt = bytesRead;
    }, this.#timeoutMs);
    response.once('close', () => clearInterval(timer));
    return response;
  }
}
