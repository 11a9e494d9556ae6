import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Timestamp } from '../database/column-types.ts';
import { Database } from '../database/database.ts';
import type { FileRow, UploadRow } from '../database/engine-tables.generated.ts';
import type { Pools } from '../database/pool.ts';
import { engineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import { type Described, FileDigest, tooLarge } from './file-digest.ts';
import type { ExpectedFile, Files, Purpose } from './files.ts';
import { withMinimumRate } from './minimum-rate.ts';
import { isStorageFull, notAtTheEnd } from './store-errors.ts';
import { locked, noSuchUpload, UploadLease } from './upload-lease.ts';

/** Where a file that was announced is to be sent, and until when. */
export interface NewUpload {
  /** A secret: its holder may send the file. */
  token: string;
  expiresAt: Timestamp;
}

/** A file that is going to be sent. */
interface Announcement {
  name: string;
  size: number;
  /** As the content is to be; anything where nothing is said. */
  type?: string | null | undefined;
  sha256?: string | null | undefined;
  owner: string | null;
  /** What it is for, besides being kept. */
  purpose?: Purpose | undefined;
}

/** How far an upload is. */
export interface Progress {
  /** How many bytes are there: where to go on. */
  offset: number;
  size: number;
  /** There once it is complete. */
  file?: FileRow;
}

/** An upload, as long as a request has it. */
interface Own {
  tokenHash: string;
  writer: string;
}

interface UploadsSource {
  files: Files;
  pools: Pools;
}

/** For all that is done once the last byte is there; reading it again is most of it. */
const FINISH_TIMEOUT_MS = 300_000;

/**
 * Files that come in any number of pieces. What was announced and what is there of it outlasts a broken connection, and a
 * restart of the server; the file is there once all of its bytes are, and are what was announced.
 */
export class Uploads {
  readonly #files: Files;
  readonly #pools: Pools;

  constructor({ files, pools }: UploadsSource) {
    this.#files = files;
    this.#pools = pools;
  }

  /**
   * Announces a file of at most `files.maxBytes`. It is waited for for an hour, and for another one whenever bytes come,
   * but not for longer than a day.
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
   * How far it is.
   * @throws NOT_FOUND where the token is unknown, or its upload has expired, was refused, or was given up
   */
  async find(token: string, signal: AbortSignal): Promise<Progress> {
    const tables = engineTables(new Database(this.#pools, signal));
    const tokenHash = hash(token);
    const upload = await tables.upload.find(expected(tokenHash));
    if (upload) return { offset: await this.#keptBytes(upload), size: Number(upload.size) };
    const file = await tables.file.find({ uploadTokenHash: tokenHash });
    if (!file) throw noSuchUpload();
    return { offset: Number(file.size), size: Number(file.size), file };
  }

  /**
   * Appends bytes at an offset; the last byte completes the file. The bytes of an interrupted request are kept. A file that
   * differs from its announcement is removed, and its token is spent.
   * @param offset how many bytes are there; undefined begins anew
   * @param signal ends the waiting for bytes; once they are there, the file is completed in any case
   * @throws CONFLICT where the file does not end at this offset or another request has completed it, LOCKED while another
   *   request sends it, TOO_LARGE, TOO_SLOW, INVALID_INPUT where it is not what was announced, NOT_FOUND, and what the
   *   store throws
   */
  async receive(
    token: string,
    offset: number | undefined,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Progress> {
    const taken = await UploadLease.take(this.#pools, hash(token), signal);
    if (!taken) {
      // Another request may have completed it meanwhile, with bytes of its own.
      await this.find(token, signal);
      throw noMoreBytes();
    }
    await using lease = taken.lease;
    const { upload } = taken;
    const size = Number(upload.size);
    if (upload.isWhole) {
      await this.#finish(upload, lease, undefined);
      throw noMoreBytes();
    }
    const kept = await this.#keptBytes(upload);
    if (offset !== undefined && offset !== kept) throw notAtTheEnd(kept, offset);
    const start = offset ?? 0;
    const came = await this.#append(upload, start, bytes, lease, signal);
    if (start + came.size < size) return { offset: await this.#keptBytes(upload), size };
    return { offset: size, size, file: await this.#finish(upload, lease, start === 0 ? came : undefined) };
  }

  /**
   * Completes an upload whose bytes are all there: a crash may have come in between.
   * @returns how far it is; nothing is done where bytes are missing
   * @throws LOCKED while another request has it, NOT_FOUND, and what the store throws
   */
  async complete(token: string, signal: AbortSignal): Promise<Progress> {
    const taken = await UploadLease.take(this.#pools, hash(token), signal);
    // Another request may have completed it meanwhile.
    if (!taken) return this.find(token, signal);
    await using lease = taken.lease;
    const { upload } = taken;
    const [offset, size] = [await this.#keptBytes(upload), Number(upload.size)];
    if (offset < size) return { offset, size };
    if (!upload.isWhole) await this.#files.store.append(upload.key, offset, nothing(), lease.signal);
    return { offset, size, file: await this.#finish(upload, lease, undefined) };
  }

  /**
   * Gives an upload up: its bytes are removed, and a request that sends more is cut off.
   * @throws CONFLICT where it is complete, NOT_FOUND
   */
  async terminate(token: string, signal: AbortSignal): Promise<void> {
    const { upload: uploads } = engineTables(new Database(this.#pools, signal));
    const upload = await uploads.find(expected(hash(token)), { columns: ['id', 'key'] });
    if (upload && (await uploads.delete({ id: upload.id })) > 0) return this.#files.store.remove(upload.key);
    await this.find(token, signal);
    throw new GatherError('CONFLICT', 'The file is complete. Delete it with `deleteFile`.');
  }

  async #keptBytes({ key, size, isWhole }: UploadRow): Promise<number> {
    return isWhole ? Number(size) : this.#files.store.keptBytes(key);
  }

  /** @returns what came */
  async #append(
    { key, size }: UploadRow,
    offset: number,
    bytes: AsyncIterable<Uint8Array>,
    lease: UploadLease,
    signal: AbortSignal,
  ): Promise<Described> {
    const intake = new FileDigest(Number(size));
    const pieces = intake.through(within(Number(size), offset, heardBy(lease, withMinimumRate(bytes))));
    await this.#files.store.append(key, offset, pieces, AbortSignal.any([signal, lease.signal]));
    return intake.describe();
  }

  /** Can be repeated after a crash: `isWhole` is set before the bytes become an object, which is not to be appended to. */
  async #finish(upload: UploadRow, lease: UploadLease, described: Described | undefined): Promise<FileRow> {
    lease.hold();
    const signal = AbortSignal.any([lease.signal, AbortSignal.timeout(FINISH_TIMEOUT_MS)]);
    const database = new Database(this.#pools, signal);
    const own = { tokenHash: upload.tokenHash, writer: lease.writer };
    try {
      if ((await engineTables(database).upload.update(own, { isWhole: true })) === 0) throw locked();
      await this.#files.store.complete(upload.key);
      const whole = described ?? (await this.#describe(upload, signal));
      // Renewing would wait for the transaction, and then find the upload gone.
      await lease.stopRenewing();
      lease.signal.throwIfAborted();
      return await database.transaction((transaction) => this.#add(transaction, upload, own, whole));
    } catch (error) {
      if (isRefusal(error)) await this.#drop(upload, own);
      // The store has removed the bytes: they are expected anew.
      if (isStorageFull(error)) await engineTables(database).upload.update(own, { isWhole: false });
      throw error;
    }
  }

  /** Reads it once more: what came in several requests has not passed in one go. */
  async #describe({ key, size }: UploadRow, signal: AbortSignal): Promise<Described> {
    const intake = new FileDigest(Number(size));
    for await (const _ of intake.through(await this.#files.store.read(key, signal)));
    return intake.describe();
  }

  /** The file takes the place of the upload: there is always one of them. */
  async #add(transaction: Database, upload: UploadRow, own: Own, described: Described): Promise<FileRow> {
    const tables = engineTables(transaction);
    const file = await this.#files.add(transaction, upload.key, described, toAnnounced(upload));
    if ((await tables.upload.delete(own)) === 0) throw locked();
    await tables.file.update({ id: file.id }, { uploadTokenHash: upload.tokenHash });
    return file;
  }

  async #drop({ key }: UploadRow, own: Own): Promise<void> {
    const database = new Database(this.#pools, AbortSignal.timeout(FINISH_TIMEOUT_MS));
    if ((await engineTables(database).upload.delete(own)) > 0) await this.#files.store.remove(key);
  }
}

/** An upload is complete; what was sent came too late. */
export function noMoreBytes(): GatherError {
  return new GatherError('CONFLICT', 'Expected no more bytes: the file is complete.');
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

async function* heardBy(lease: UploadLease, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of bytes) {
    lease.hear();
    yield piece;
  }
}

/** The bytes as long as they are not more than were announced. */
async function* within(
  size: number,
  offset: number,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let end = offset;
  for await (const piece of bytes) {
    end += piece.length;
    if (end > size) throw tooLarge(size);
    yield piece;
  }
}

function toAnnounced({ name, size, type, sha256, owner, attachment, target }: UploadRow): ExpectedFile {
  const purpose = attachment !== null && target !== null ? { attachment, target } : undefined;
  return { name, owner, purpose, expected: { size: Number(size), type, sha256 } };
}

/** Whether the file itself is at fault, so that it would be refused again. */
function isRefusal(error: unknown): boolean {
  return error instanceof GatherError && (error.code === 'INVALID_INPUT' || error.code === 'NOT_FOUND');
}

/** The upload with this token, if it has not expired. */
function expected(tokenHash: string) {
  return { tokenHash, expiresAt: { gt: new Date().toISOString() } };
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
