import { randomUUID } from 'node:crypto';
import type { Id } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import type { FileRow } from '../database/engine-tables.generated.ts';
import { engineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import { type Described, FileDigest } from './file-digest.ts';
import { deleteFile } from './file-rows.ts';
import { withMinimumRate } from './minimum-rate.ts';
import { Quota, type QuotaConfig } from './storage-quota.ts';
import type { Store } from './store.ts';

/** What is said of a file before its bytes are there. */
export interface ExpectedFile {
  name: string;
  /** Whose it becomes; null where it is nobody's in particular. */
  owner: string | null;
  /** What it is for, besides being kept. */
  purpose?: Purpose | undefined;
  /** What it must be; anything where nothing is said. */
  expected?: { [Property in keyof Described]?: Described[Property] | null };
}

/** What a file is sent for: it is attached to a row. */
export interface Purpose {
  /** The name of an attachment of the application. */
  attachment: string;
  /** The key of the row. */
  target: Id;
}

/** A way in which files can be attached to rows of the application. */
export interface Attachment {
  /** The media types that it takes. */
  accepts(type: string): boolean;
  /** What it takes, in words: `an image`. */
  expected: string;
  /**
   * Attaches a file to a row, in the transaction that the file is written in.
   * @throws NOT_FOUND where there is no such row
   */
  attach(transaction: Database, target: Id, file: FileRow): Promise<void>;
}

/** Attachments by their names. */
export type Attachments = Readonly<Record<string, Attachment>>;

interface FilesSource {
  /** The application's. */
  attachments: Attachments;
  store: Store;
  /** Of one file. */
  maxBytes: number;
  quota: QuotaConfig;
  /** Is told of a file in the transaction that it is written in. */
  onKept: (transaction: Database, file: FileRow) => Promise<unknown>;
  /** Is told, in the transaction that deletes the files, under which keys their bytes are to be removed. */
  onDeleted: (transaction: Database, keys: string[]) => Promise<unknown>;
}

/**
 * Files: a row of each, and its bytes in the store. A row is there only once all the bytes are, and bytes without a row,
 * as a crash may leave them, are swept.
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
   * Keeps a file whose bytes come in one go.
   * @throws what `receive` and `addReceived` throw
   */
  async keep(database: Database, bytes: AsyncIterable<Uint8Array>, announced: ExpectedFile): Promise<FileRow> {
    const { key, described } = await this.receive(database, bytes, announced);
    return database.transaction((transaction) => this.addReceived(transaction, key, described, announced));
  }

  /**
   * Takes the bytes of a file, all of them, into the store; `addReceived` is to follow. Nothing is left where it fails.
   * @throws QUOTA_EXCEEDED, TOO_LARGE, TOO_SLOW, INVALID_INPUT where it is not what was announced, and what the store throws
   */
  async receive(
    database: Database,
    bytes: AsyncIterable<Uint8Array>,
    announced: ExpectedFile,
  ): Promise<{ key: string; described: Described }> {
    const key = randomUUID();
    const intake = new FileDigest(this.maxBytes, (type) => this.#assertType(type, announced));
    const pieces = this.quota.within(database, announced.owner, withMinimumRate(bytes));
    try {
      await this.store.append(key, 0, intake.through(pieces), database.signal);
      const described = await intake.describe();
      this.#assertExpected(described, announced);
      await this.store.complete(key);
      return { key, described };
    } catch (error) {
      await this.store.remove(key).catch(() => {});
      throw error;
    }
  }

  /**
   * Writes the row of a file that `receive` has taken, where there is still room for it. Where not, its bytes are removed.
   * @throws QUOTA_EXCEEDED, and what `add` throws
   */
  async addReceived(
    transaction: Database,
    key: string,
    described: Described,
    announced: ExpectedFile,
  ): Promise<FileRow> {
    const file = await this.add(transaction, key, described, announced);
    try {
      await this.quota.check(transaction, announced.owner, 'file');
    } catch (error) {
      await this.store.remove(key).catch(() => {});
      throw error;
    }
    return file;
  }

  /**
   * Writes the row of a file whose bytes are complete, in the caller's transaction. Where that fails, or nobody knows
   * whether it was committed, the bytes stay until they are swept.
   * @throws INVALID_INPUT where it is not what was announced, NOT_FOUND where there is nothing to attach it to
   */
  async add(transaction: Database, key: string, described: Described, announced: ExpectedFile): Promise<FileRow> {
    this.#assertExpected(described, announced);
    const { name, owner, purpose } = announced;
    const file = await engineTables(transaction).file.create({ ...described, key, name, owner });
    if (purpose) await this.#attachmentOf(purpose).attach(transaction, purpose.target, file);
    await this.#source.onKept(transaction, file);
    return file;
  }

  /**
   * Deletes a file and its thumbnail: the rows now, the bytes in a job.
   * @throws NOT_FOUND where there is none, CONFLICT where it is in use
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

  #assertExpected(described: Described, announced: ExpectedFile): void {
    const { expected = {} } = announced;
    for (const what of ['size', 'sha256'] as const) {
      if (expected[what] == null || expected[what] === described[what]) continue;
      throw unexpected(what, expected[what], described[what]);
    }
    this.#assertType(described.type, announced);
  }

  /** @throws INVALID_INPUT for a type that is not what was announced, or that its purpose does not take */
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

/** By their bytes all kinds of text are alike. */
function isOfText(type: string): boolean {
  return /^text\/|[/+](json|xml)$|^application\/javascript$/.test(type);
}

function unexpected(field: string, wanted: string | number, got: string | number): GatherError {
  return new GatherError('INVALID_INPUT', `Expected a file whose ${field} is ${wanted}, got ${got}.`, { field });
}
