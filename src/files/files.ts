import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.ts';
import { deleteFile } from '../database/files.ts';
import type { FileRow, Id } from '../database/schema.ts';
import { createTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import { type Described, Intake } from './intake.ts';
import { atPace } from './pace.ts';
import type { Store } from './store.ts';

/** What is said of a file before its bytes are there. */
export interface Announced {
  name: string;
  /** Who sends it; null where nobody is signed in. */
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
  readonly #source: FilesSource;

  constructor(source: FilesSource) {
    this.#source = source;
    this.store = source.store;
    this.maxBytes = source.maxBytes;
  }

  /**
   * Keeps a file whose bytes come in one go. Nothing is left of one that fails.
   * @throws TOO_LARGE, TOO_SLOW, INVALID_INPUT where it is not what was announced, NOT_FOUND where there is no such item,
   *   and what the store throws
   */
  async keep(database: Database, bytes: AsyncIterable<Uint8Array>, announced: Announced): Promise<FileRow> {
    const key = randomUUID();
    const intake = new Intake(this.maxBytes);
    let described: Described;
    try {
      await this.store.append(key, 0, intake.through(atPace(bytes)), database.signal);
      described = await intake.describe();
      assertExpected(described, announced);
      await this.store.complete(key);
    } catch (error) {
      await this.store.remove(key).catch(() => {});
      throw error;
    }
    return database.transaction((transaction) => this.add(transaction, key, described, announced));
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

function assertExpected(described: Described, { expected = {}, itemId }: Announced): void {
  for (const what of ['size', 'sha256', 'type'] as const) {
    if (expected[what] == null || expected[what] === described[what]) continue;
    throw new GatherError(
      'INVALID_INPUT',
      `Expected a file whose ${what} is ${expected[what]}, got ${described[what]}.`,
      {
        field: what,
      },
    );
  }
  if (itemId != null && !described.type.startsWith('image/')) {
    throw new GatherError('INVALID_INPUT', `Expected an image for a photo, got ${described.type}.`, { field: 'file' });
  }
}
