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

/** A bucket, who asks it, and how long an answer may take. */
export interface BucketConfig {
  bucket: string;
  /** The base URL of an S3-compatible server, which is asked with the bucket in the path. @default that of AWS */
  endpoint?: string | undefined;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** For a request, its retries included, also for one that carries 8 MiB; and for a silence within an answer. */
  timeoutMs: number;
}

interface Options {
  abortSignal: AbortSignal;
}

const ATTEMPTS = 3;

/**
 * The requests that are made of a bucket. Those without a signal are stopped by their timeout only. End it with `close()`.
 *
 * Throws `GatherError`: NOT_FOUND for what is not there, UPSTREAM_TIMEOUT, UPSTREAM_UNAVAILABLE.
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
      // Many servers know neither these checksums nor `Expect`. The signature covers what is sent.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      expectContinueHeader: false,
      // A connection is held by each download, for as long as its client takes.
      requestHandler: { httpAgent: { maxSockets: Infinity }, httpsAgent: { maxSockets: Infinity } },
    });
  }

  async put(key: string, bytes: Uint8Array, metadata: Record<string, string> = {}): Promise<void> {
    const command = new PutObjectCommand({ ...this.#at(key), Body: bytes, Metadata: metadata });
    await this.#ask('PutObject', (options) => this.#client.send(command, options));
  }

  /** All of a small object. */
  get(key: string): Promise<Buffer> {
    const command = new GetObjectCommand(this.#at(key));
    return this.#ask('GetObject', async (options) => {
      const { Body } = await this.#client.send(command, options);
      return Body ? Buffer.from(await Body.transformToByteArray()) : Buffer.alloc(0);
    });
  }

  /** What was put with an object. */
  async metadata(key: string): Promise<Record<string, string>> {
    const command = new HeadObjectCommand(this.#at(key));
    const { Metadata } = await this.#ask('HeadObject', (options) => this.#client.send(command, options));
    return Metadata ?? {};
  }

  /** An object as a stream, which fails where the signal aborts, or the server is silent while it is read. */
  async read(key: string, signal: AbortSignal, range?: ByteRange): Promise<Readable> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    const command = new GetObjectCommand({ ...this.#at(key), Range });
    const { Body } = await this.#ask('GetObject', (options) => this.#client.send(command, options), signal);
    if (!(Body instanceof IncomingMessage)) throw new Error('Expected the answer of S3 to be a stream of Node.');
    return destroyOnAbort(signal, this.#endedBySilence(Body));
  }

  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand(this.#at(key));
    await this.#ask('DeleteObject', (options) => this.#client.send(command, options));
  }

  /** The objects whose keys begin with the prefix. */
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

  /** @returns the id of the upload, which costs until it is completed or aborted */
  async beginUpload(key: string): Promise<string> {
    const command = new CreateMultipartUploadCommand(this.#at(key));
    const { UploadId } = await this.#ask('CreateMultipartUpload', (options) => this.#client.send(command, options));
    if (!UploadId) throw new Error('Expected S3 to name the upload.');
    return UploadId;
  }

  /** @returns the tag of the part */
  async uploadPart(key: string, uploadId: string, number: number, bytes: Uint8Array): Promise<string> {
    const part = { ...this.#at(key), UploadId: uploadId, PartNumber: number, Body: bytes };
    const command = new UploadPartCommand(part);
    const { ETag } = await this.#ask('UploadPart', (options) => this.#client.send(command, options));
    if (!ETag) throw new Error('Expected S3 to name the part.');
    return ETag;
  }

  /** Joins the parts with these tags. Other parts of the upload are dropped. */
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
   * A reader that is slow is waited for: then there are bytes that it has not taken. The answer is looked at twice, because
   * all of them may just have been taken.
   */
  #endedBySilence(answer: IncomingMessage): Readable {
    let awaitedAt: number | undefined;
    const timer = setInterval(() => {
      const { bytesRead } = answer.socket;
      if (answer.readableLength > 0) awaitedAt = undefined;
      else if (awaitedAt === bytesRead) answer.destroy(timedOut('GetObject in full', this.#timeoutMs));
      else awaitedAt = bytesRead;
    }, this.#timeoutMs);
    answer.once('close', () => clearInterval(timer));
    return answer;
  }
}
