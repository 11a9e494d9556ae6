import { randomUUID } from 'node:crypto';
import type { Id } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import type { FileRow } from '../database/engine-tables.generated.ts';
import { engineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import { type FileDescription, FileDigest } from './file-digest.ts';
import { deleteFile } from './file-rows.ts';
import { withMinimumRate } from './minimum-rate.ts';
import { receivedBytes } from './received-bytes.ts';
import { Quota, type QuotaConfig } from './storage-quota.ts';
import type { Store } from './store.ts';

/** A file whose bytes have not arrived yet. */
export interface ExpectedFile {
  name: string;
  /** null if it belongs to nobody in particular. */
  owner: string | null;
  /** What to attach it to; nothing by default. */
  purpose?: Purpose | undefined;
  /** Properties that the content must have; any by default. */
  expected?: { [Property in keyof FileDescription]?: FileDescription[Property] | null };
}

/** The row that a file is attached to. */
export interface Purpose {
  /** Name of one of the application's attachments. */
  attachment: string;
  /** The key of the row. */
  target: Id;
}

/** How files are attached to rows of an application's table. */
export interface Attachment {
  /** Whether files of this media type can be attached. */
  accepts(type: string): boolean;
  /** What can be attached, for messages: `an image`. */
  expected: string;
  /**
   * Attaches a file to a row, in the transaction that creates the file.
   * @throws NOT_FOUND if there is no such row
   */
  attach(transaction: Database, target: Id, file: FileRow): Promise<void>;
}

/** Attachments by name. */
export type Attachments = Readonly<Record<string, Attachment>>;

interface FilesSource {
  /** The application's attachments. */
  attachments: Attachments;
  store: Store;
  /** Largest file. */
  maxBytes: number;
  quota: QuotaConfig;
  /** Called in the transaction that creates a file. */
  onKept: (transaction: Database, file: FileRow) => Promise<unknown>;
  /** Called in the transaction that deletes files, with the keys of the bytes to remove. */
  onDeleted: (transaction: Database, keys: string[]) => Promise<unknown>;
}

/**
 * Files, each with a row in the database and its bytes in the store. The row is written once all bytes are stored; bytes
 * without a row, which a crash may leave, are swept.
 */
export class Files {
  readonly store: Store;
  readonly maxBytes: number;
  readonly quota: Quota;
  readonly #source: FilesSource;

  constructor(source: FilesSource) {
    this.#source = source;
    this.store = source.store;
    this.maxBytes = source.maxBytes;
    this.quota = new Quota(source.quota);
  }

  /**
   * Stores a file whose bytes arrive in one request.
   * @throws what `receive` and `addReceived` throw
   */
  async keep(database: Database, bytes: AsyncIterable<Uint8Array>, expectedFile: ExpectedFile): Promise<FileRow> {
    const { key, description } = await this.receive(database, bytes, expectedFile);
    return database.transaction((transaction) => this.addReceived(transaction, key, description, expectedFile));
  }

  /**
   * Writes all bytes of a file to the store; call `addReceived` next. If it fails, nothing is left.
   * @throws QUOTA_EXCEEDED, TOO_LARGE, TOO_SLOW, INVALID_INPUT if the file differs from what is expected, and what the
   *   store throws
   */
  async receive(
    database: Database,
    bytes: AsyncIterable<Uint8Array>,
    expectedFile: ExpectedFile,
  ): Promise<{ key: string; description: FileDescription }> {
    const key = randomUUID();
    const digest = new FileDigest(this.maxBytes, (type) => this.#assertType(type, expectedFile));
    const chunks = this.quota.within(database, expectedFile.owner, withMinimumRate(receivedBytes(bytes)));
    try {
      await this.store.append(key, 0, digest.through(chunks), database.signal);
      const description = await digest.describe();
      this.#assertExpected(description, expectedFile);
      await this.store.complete(key);
      return { key, description };
    } catch (error) {
      await this.store.remove(key).catch(() => {});
      throw error;
    }
  }

  /**
   * Writes the row of a file stored by `receive`. If the quota is exceeded by now, its bytes are removed.
   * @throws QUOTA_EXCEEDED, and what `add` throws
   */
  async addReceived(
    transaction: Database,
    key: string,
    description: FileDescription,
    expectedFile: ExpectedFile,
  ): Promise<FileRow> {
    const file = await this.add(transaction, key, description, expectedFile);
    try {
      await this.quota.check(transaction, expectedFile.owner, 'file');
    } catch (error) {
      await this.store.remove(key).catch(() => {});
      throw error;
    }
    return file;
  }

  /**
   * Writes the row of a file whose bytes are complete, in the caller's transaction. If that fails, or its outcome is
   * unknown, the bytes stay until they are swept.
   * @throws INVALID_INPUT if the file differs from what is expected, NOT_FOUND if the row to attach it to is missing
   */
  async add(
    transaction: Database,
    key: string,
    description: FileDescription,
    expectedFile: ExpectedFile,
  ): Promise<FileRow> {
    this.#assertExpected(description, expectedFile);
    const { name, owner, purpose } = expectedFile;
    const file = await engineTables(transaction).file.create({ ...description, key, name, owner });
    if (purpose) await this.#attachmentOf(purpose).attach(transaction, purpose.target, file);
    await this.#source.onKept(transaction, file);
    return file;
  }

  /**
   * Deletes a file and its thumbnail: the rows now, the bytes in a job.
   * @throws NOT_FOUND if there is none, CONFLICT if it is in use
   */
  delete(database: Database, id: Id): Promise<void> {
    return database.transaction(async (transaction) => {
      const keys = await deleteFile(transaction, id);
      if (keys.length === 0) throw new GatherError('NOT_FOUND', 'There is no file with this id.', { field: 'id' });
      await this.#source.onDeleted(transaction, keys);
    });
  }

  #attachmentOf({ attachment: name }: Purpose): Attachment {
    const { attachments } = this.#source;
    const attachment = Object.hasOwn(attachments, name) ? attachments[name] : undefined;
    if (attachment) return attachment;
    throw new Error(`There is no attachment "${name}": another version of the application may know it.`);
  }

  #assertExpected(description: FileDescription, expectedFile: ExpectedFile): void {
    const { expected = {} } = expectedFile;
    for (const what of ['size', 'sha256'] as const) {
      if (expected[what] == null || expected[what] === description[what]) continue;
      throw unexpected(what, expected[what], description[what]);
    }
    this.#assertType(description.type, expectedFile);
  }

  /** @throws INVALID_INPUT for a type other than the expected one, or one that cannot be attached */
  #assertType(type: string, { expected = {}, purpose }: ExpectedFile): void {
    const { type: wanted } = expected;
    if (wanted != null && wanted !== type && !(isOfText(wanted) && isOfText(type)))
      throw unexpected('type', wanted, type);
    if (!purpose) return;
    const attachment = this.#attachmentOf(purpose);
    if (attachment.accepts(type)) return;
    throw new GatherError('INVALID_INPUT', `Expected ${attachment.expected}, got ${type}.`, { field: 'file' });
  }
}

/** Types that cannot be told apart by their bytes, as all are text. */
function isOfText(type: string): boolean {
  return /^text\/|[/+](json|xml)$|^application\/javascript$/.test(type);
}

function unexpected(field: string, wanted: string | number, got: string | number): GatherError {
  return new GatherError('INVALID_INPUT', `Expected a file whose ${field} is ${wanted}, got ${got}.`, { field });
}
