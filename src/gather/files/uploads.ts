import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Timestamp } from '../database/column-types.ts';
import { Database } from '../database/database.ts';
import type { FileRow, UploadRow } from '../database/engine-tables.generated.ts';
import type { Pools } from '../database/pool.ts';
import { engineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import { type FileDescription, FileDigest, tooLarge } from './file-digest.ts';
import type { ExpectedFile, Files, Purpose } from './files.ts';
import { withMinimumRate } from './minimum-rate.ts';
import { receivedBytes } from './received-bytes.ts';
import { isStorageFull, notAtTheEnd } from './store-errors.ts';
import { locked, noSuchUpload, UploadLease } from './upload-lease.ts';

/** Where to send an announced file, and until when. */
export interface NewUpload {
  /** A secret that permits sending the file. */
  token: string;
  expiresAt: Timestamp;
}

/** A file that is announced, to be sent later. */
interface Announcement {
  name: string;
  size: number;
  /** The type that the content must have; any by default. */
  type?: string | null | undefined;
  /** The SHA-256 that the content must have; any by default. */
  sha256?: string | null | undefined;
  owner: string | null;
  /** What to attach it to; nothing by default. */
  purpose?: Purpose | undefined;
}

/** The progress of an upload. */
export interface Progress {
  /** Number of bytes received, from which to continue. */
  offset: number;
  size: number;
  /** The file, once it is complete. */
  file?: FileRow;
}

/** Selects an upload only while a writer has its lease. */
interface LeasedUpload {
  tokenHash: string;
  writer: string;
}

interface UploadsSource {
  files: Files;
  pools: Pools;
  /** Called when a file is complete, before its client is told. @default nothing */
  onComplete?: (() => Promise<void>) | undefined;
}

/** Limit for all work after the last byte, most of which is reading the file again. */
const FINISH_TIMEOUT_MS = 300_000;

/**
 * Resumable uploads: files that arrive in any number of pieces. The announcement and the bytes received survive broken
 * connections and restarts of the server. The file exists once all of its bytes have arrived and match the announcement.
 */
export class Uploads {
  readonly #files: Files;
  readonly #pools: Pools;
  readonly #onComplete: UploadsSource['onComplete'];

  constructor({ files, pools, onComplete }: UploadsSource) {
    this.#files = files;
    this.#pools = pools;
    this.#onComplete = onComplete;
  }

  /**
   * Announces a file of at most `files.maxBytes`. The upload expires after an hour without a piece, and after a day at
   * most.
   * @throws QUOTA_EXCEEDED
   */
  async create(
    database: Database,
    { purpose, type = null, sha256 = null, ...announced }: Announcement,
  ): Promise<NewUpload> {
    const token = randomBytes(32).toString('base64url');
    return database.transaction(async (transaction) => {
      const { expiresAt } = await engineTables(transaction).upload.create(
        { ...announced, type, sha256, ...purpose, tokenHash: hash(token), key: randomUUID() },
        { columns: ['expiresAt'] },
      );
      await this.#files.quota.check(transaction, announced.owner, 'size');
      return { token, expiresAt };
    });
  }

  /**
   * The progress of an upload.
   * @throws NOT_FOUND if the token is unknown, or the upload has expired, was refused or was cancelled
   */
  async find(token: string, signal: AbortSignal): Promise<Progress> {
    const tables = engineTables(new Database(this.#pools, signal));
    const tokenHash = hash(token);
    const upload = await tables.upload.find(unexpired(tokenHash));
    if (upload) return { offset: await this.#keptBytes(upload), size: Number(upload.size) };
    const file = await tables.file.find({ uploadTokenHash: tokenHash });
    if (!file) throw noSuchUpload();
    return { offset: Number(file.size), size: Number(file.size), file };
  }

  /**
   * Appends bytes at an offset; the last byte completes the file. The bytes of an interrupted request are kept. A file that
   * differs from its announcement is removed, and its token becomes invalid.
   * @param offset number of bytes that are there already; undefined starts over
   * @param signal stops waiting for bytes; once all have arrived, the file is completed in any case
   * @throws CONFLICT if the file does not end at this offset or another request has completed it, LOCKED while another
   *   request is sending it, TOO_LARGE, TOO_SLOW, INVALID_INPUT if it differs from its announcement, NOT_FOUND, and what
   *   the store throws
   */
  async receive(
    token: string,
    offset: number | undefined,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Progress> {
    const leased = await UploadLease.acquire(this.#pools, hash(token), signal);
    if (!leased) {
      // Another request may have completed it meanwhile, with bytes of its own.
      await this.find(token, signal);
      throw noMoreBytes();
    }
    await using lease = leased.lease;
    const { upload } = leased;
    const size = Number(upload.size);
    if (upload.isWhole) {
      await this.#finish(upload, lease, undefined);
      throw noMoreBytes();
    }
    const kept = await this.#keptBytes(upload);
    if (offset !== undefined && offset !== kept) throw notAtTheEnd(kept, offset);
    const start = offset ?? 0;
    const received = await this.#append(upload, start, bytes, lease, signal);
    if (start + received.size < size) return { offset: await this.#keptBytes(upload), size };
    return { offset: size, size, file: await this.#finish(upload, lease, start === 0 ? received : undefined) };
  }

  /**
   * Completes an upload whose bytes have all arrived, after a crash prevented that. Does nothing if bytes are missing.
   * @returns its progress
   * @throws LOCKED while another request has the lease, NOT_FOUND, and what the store throws
   */
  async complete(token: string, signal: AbortSignal): Promise<Progress> {
    const leased = await UploadLease.acquire(this.#pools, hash(token), signal);
    // Another request may have completed it meanwhile.
    if (!leased) return this.find(token, signal);
    await using lease = leased.lease;
    const { upload } = leased;
    const [offset, size] = [await this.#keptBytes(upload), Number(upload.size)];
    if (offset < size) return { offset, size };
    if (!upload.isWhole) await this.#files.store.append(upload.key, offset, nothing(), lease.signal);
    return { offset, size, file: await this.#finish(upload, lease, undefined) };
  }

  /**
   * Cancels an upload: its bytes are removed, and a request that is sending more is cut off.
   * @throws CONFLICT if it is complete, NOT_FOUND
   */
  async terminate(token: string, signal: AbortSignal): Promise<void> {
    const { upload: uploads } = engineTables(new Database(this.#pools, signal));
    const upload = await uploads.find(unexpired(hash(token)), { columns: ['id', 'key'] });
    if (upload && (await uploads.delete({ id: upload.id })) > 0) return this.#files.store.remove(upload.key);
    await this.find(token, signal);
    throw new GatherError('CONFLICT', 'The file is complete. Delete it with `deleteFile`.');
  }

  async #keptBytes({ key, size, isWhole }: UploadRow): Promise<number> {
    return isWhole ? Number(size) : this.#files.store.keptBytes(key);
  }

  /** @returns the description of the appended bytes */
  async #append(
    { key, size }: UploadRow,
    offset: number,
    bytes: AsyncIterable<Uint8Array>,
    lease: UploadLease,
    signal: AbortSignal,
  ): Promise<FileDescription> {
    const digest = new FileDigest(Number(size));
    const chunks = digest.through(within(Number(size), offset, touching(lease, withMinimumRate(receivedBytes(bytes)))));
    await this.#files.store.append(key, offset, chunks, AbortSignal.any([signal, lease.signal]));
    return digest.describe();
  }

  /** Can be repeated after a crash: `isWhole` is set before the object is completed, after which nothing may be appended. */
  async #finish(upload: UploadRow, lease: UploadLease, description: FileDescription | undefined): Promise<FileRow> {
    lease.hold();
    const signal = AbortSignal.any([lease.signal, AbortSignal.timeout(FINISH_TIMEOUT_MS)]);
    const database = new Database(this.#pools, signal);
    const own = { tokenHash: upload.tokenHash, writer: lease.writer };
    try {
      if ((await engineTables(database).upload.update(own, { isWhole: true })) === 0) throw locked();
      await this.#files.store.complete(upload.key);
      const whole = description ?? (await this.#describe(upload, signal));
      // A renewal would wait for the transaction, and then find the upload deleted.
      await lease.stopRenewing();
      lease.signal.throwIfAborted();
      const file = await database.transaction((transaction) => this.#add(transaction, upload, own, whole));
      await this.#onComplete?.();
      return file;
    } catch (error) {
      if (isRefusal(error)) await this.#drop(upload, own);
      // The store has removed the bytes, which must be sent again.
      if (isStorageFull(error)) await engineTables(database).upload.update(own, { isWhole: false });
      throw error;
    }
  }

  /** Reads the file again: the bytes of several requests did not pass through one digest. */
  async #describe({ key, size }: UploadRow, signal: AbortSignal): Promise<FileDescription> {
    const digest = new FileDigest(Number(size));
    for await (const _ of digest.through(await this.#files.store.read(key, signal)));
    return digest.describe();
  }

  /** Replaces the upload by the file in one transaction, so that one of them always exists. */
  async #add(
    transaction: Database,
    upload: UploadRow,
    own: LeasedUpload,
    description: FileDescription,
  ): Promise<FileRow> {
    const tables = engineTables(transaction);
    const file = await this.#files.add(transaction, upload.key, description, toExpectedFile(upload));
    if ((await tables.upload.delete(own)) === 0) throw locked();
    await tables.file.update({ id: file.id }, { uploadTokenHash: upload.tokenHash });
    return file;
  }

  async #drop({ key }: UploadRow, own: LeasedUpload): Promise<void> {
    const database = new Database(this.#pools, AbortSignal.timeout(FINISH_TIMEOUT_MS));
    if ((await engineTables(database).upload.delete(own)) > 0) await this.#files.store.remove(key);
  }
}

/** The error for bytes sent after the upload was completed. */
export function noMoreBytes(): GatherError {
  return new GatherError('CONFLICT', 'Expected no more bytes: the file is complete.');
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

async function* touching(lease: UploadLease, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of bytes) {
    lease.touch();
    yield chunk;
  }
}

/** Passes bytes through, up to the announced size. @throws TOO_LARGE */
async function* within(
  size: number,
  offset: number,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let end = offset;
  for await (const chunk of bytes) {
    end += chunk.length;
    if (end > size) throw tooLarge(size);
    yield chunk;
  }
}

function toExpectedFile({ name, size, type, sha256, owner, attachment, target }: UploadRow): ExpectedFile {
  const purpose = attachment !== null && target !== null ? { attachment, target } : undefined;
  return { name, owner, purpose, expected: { size: Number(size), type, sha256 } };
}

/** Whether the file itself is at fault, so that sending it again would fail too. */
function isRefusal(error: unknown): boolean {
  return error instanceof GatherError && (error.code === 'INVALID_INPUT' || error.code === 'NOT_FOUND');
}

/** Selects the upload with this token, if it has not expired. */
function unexpired(tokenHash: string) {
  return { tokenHash, expiresAt: { gt: new Date().toISOString() } };
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
