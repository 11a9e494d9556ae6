import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { FileRow, Id } from '../database/schema.ts';
import { createTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import { deleteFile } from './file-rows.ts';
import { MAX_MEGAPIXELS } from './image-types.ts';
import { type Described, Intake } from './intake.ts';
import { atPace } from './pace.ts';
import { Quota, type QuotaConfig } from './quota.ts';
import type { Store } from './store.ts';

/** What is said of a file before its bytes are there. */
export interface Announced {
  name: string;
  /** Whose it becomes; null where it is nobody's in particular. */
  owner: string | null;
  /** The item whose photo it becomes. */
  itemId?: Id | null;
  /** What it must be; anything where nothing is said. */
  expected?: { [Property in keyof Described]?: Described[Property] | null };
}

interface FilesSource {
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
  async keep(database: Database, bytes: AsyncIterable<Uint8Array>, announced: Announced): Promise<FileRow> {
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
    announced: Announced,
  ): Promise<{ key: string; described: Described }> {
    const key = randomUUID();
    const intake = new Intake(this.maxBytes, (type) => assertType(type, announced));
    const pieces = this.quota.within(database, announced.owner, atPace(bytes));
    try {
      await this.store.append(key, 0, intake.through(pieces), database.signal);
      const described = await intake.describe();
      assertExpected(described, announced);
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
  async addReceived(transaction: Database, key: string, described: Described, announced: Announced): Promise<FileRow> {
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
   * @throws INVALID_INPUT where it is not what was announced, NOT_FOUND where there is no such item
   */
  async add(transaction: Database, key: string, described: Described, announced: Announced): Promise<FileRow> {
    assertExpected(described, announced);
    const { file: files, item: items } = createTables(transaction);
    const { name, owner, itemId } = announced;
    const file = await files.create({ ...described, key, name, owner });
    if (itemId != null && (await items.update({ id: itemId }, { photoId: file.id })) === 0) {
      throw new GatherError('NOT_FOUND', 'There is no item with this id.', { field: 'itemId' });
    }
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
}

function assertExpected(described: Described, announced: Announced): void {
  const { expected = {} } = announced;
  for (const what of ['size', 'sha256'] as const) {
    if (expected[what] == null || expected[what] === described[what]) continue;
    throw unexpected(what, expected[what], described[what]);
  }
  assertType(described.type, announced);
}

/** @throws INVALID_INPUT for a type that is not what was announced, or no photo can have */
function assertType(type: string, { expected = {}, itemId }: Announced): void {
  const { type: wanted } = expected;
  if (wanted != null && wanted !== type && !(isOfText(wanted) && isOfText(type)))
    throw unexpected('type', wanted, type);
  if (itemId == null || MAX_MEGAPIXELS.has(type)) return;
  const message = `Expected an image for a photo, as JPEG, PNG, WebP, GIF, TIFF or AVIF, got ${type}.`;
  throw new GatherError('INVALID_INPUT', message, { field: 'file' });
}

/** By their bytes all kinds of text are alike. */
function isOfText(type: string): boolean {
  return /^text\/|[/+](json|xml)$|^application\/javascript$/.test(type);
}

function unexpected(field: string, wanted: string | number, got: string | number): GatherError {
  return new GatherError('INVALID_INPUT', `Expected a file whose ${field} is ${wanted}, got ${got}.`, { field });
}
