import type { Database } from '../database/database.ts';
import { GatherError } from '../errors.ts';
import { countStored, readStored, type Stored, type StoredOf } from './storage-rows.ts';

/** Most files and announced uploads, and most bytes of them. */
export interface QuotaConfig {
  maxBytes: number;
  maxBytesPerOwner: number;
  maxFilesPerOwner: number;
}

/** Limits the bytes of files and announced uploads, per owner and in total, and how many of them an owner has. */
export class Quota {
  readonly #config: QuotaConfig;

  constructor(config: QuotaConfig) {
    this.#config = config;
  }

  /**
   * Passes bytes through while there is room for them; others may use it up meanwhile, so `check` must follow.
   * @throws QUOTA_EXCEEDED, before the first byte if there is no room at all
   */
  async *within(
    database: Database,
    owner: string | null,
    bytes: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, void> {
    const stored = await readStored(database, owner);
    this.#assert(stored, owner, { files: 1, bytes: 1 }, 'file');
    let size = 0;
    for await (const chunk of bytes) {
      size += chunk.length;
      this.#assert(stored, owner, { files: 1, bytes: size }, 'file');
      yield chunk;
    }
  }

  /**
   * Checks the quota with what a transaction has added, correctly even if others add at the same time.
   * @param field the input field to name in the error
   * @throws QUOTA_EXCEEDED
   */
  async check(transaction: Database, owner: string | null, field: string): Promise<void> {
    this.#assert(await countStored(transaction, owner), owner, { files: 0, bytes: 0 }, field);
  }

  #assert(stored: StoredOf, owner: string | null, added: Stored, field: string): void {
    const { maxBytes, maxBytesPerOwner, maxFilesPerOwner } = this.#config;
    const assertAtMost = (max: number, got: number, what: string, setting: string) => {
      if (got > max) throw exceeded(max, got, what, setting, field);
    };
    const whole = stored.all.bytes + added.bytes;
    if (owner !== null) {
      const [files, bytes] = [stored.owner.files + added.files, stored.owner.bytes + added.bytes];
      assertAtMost(maxFilesPerOwner, files, 'in number of one owner', 'FILES_MAX_PER_OWNER');
      assertAtMost(maxBytesPerOwner, bytes, 'bytes of one owner', 'FILES_MAX_BYTES_PER_OWNER');
    }
    assertAtMost(maxBytes, whole, 'bytes in total', 'FILES_MAX_BYTES');
  }
}

function exceeded(max: number, got: number, what: string, setting: string, field: string): GatherError {
  const message =
    `Expected files and announced uploads of at most ${max} ${what} (${setting}), got ${got} with this one. ` +
    'Delete files or cancel uploads.';
  return new GatherError('QUOTA_EXCEEDED', message, { field });
}
