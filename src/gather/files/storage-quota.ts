import type { Database } from '../database/database.ts';
import { GatherError } from '../errors.ts';
import { countStoredBytes, readStoredBytes, type StoredBytes } from './storage-rows.ts';

/** How many bytes files and announced uploads may have. */
export interface QuotaConfig {
  maxBytes: number;
  maxBytesPerOwner: number;
}

/** Keeps files within what one owner may have, and all together. */
export class Quota {
  readonly #config: QuotaConfig;

  constructor(config: QuotaConfig) {
    this.#config = config;
  }

  /**
   * Lets bytes pass as long as there is room for them; others may fill it meanwhile.
   * @throws QUOTA_EXCEEDED, before the first byte where there is no room at all
   */
  async *within(
    database: Database,
    owner: string | null,
    bytes: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, void> {
    const stored = await readStoredBytes(database, owner);
    this.#assert(stored, owner, 1, 'file');
    let size = 0;
    for await (const piece of bytes) {
      size += piece.length;
      this.#assert(stored, owner, size, 'file');
      yield piece;
    }
  }

  /**
   * Checks what a transaction has added, right also where others add at the same time.
   * @param field of the input, which is at fault
   * @throws QUOTA_EXCEEDED
   */
  async check(transaction: Database, owner: string | null, field: string): Promise<void> {
    this.#assert(await countStoredBytes(transaction, owner), owner, 0, field);
  }

  #assert({ ofOwner, ofAll }: StoredBytes, owner: string | null, added: number, field: string): void {
    const { maxBytes, maxBytesPerOwner } = this.#config;
    if (owner !== null && ofOwner + added > maxBytesPerOwner) {
      throw exceeded(maxBytesPerOwner, 'of one owner', 'FILES_MAX_BYTES_PER_OWNER', ofOwner + added, field);
    }
    if (ofAll + added > maxBytes) throw exceeded(maxBytes, 'in all', 'FILES_MAX_BYTES', ofAll + added, field);
  }
}

function exceeded(max: number, whose: string, setting: string, got: number, field: string): GatherError {
  const message =
    `Expected files and announced uploads of at most ${max} bytes ${whose} (${setting}), got ${got} with this one. ` +
    'Delete files, or give uploads up.';
  return new GatherError('QUOTA_EXCEEDED', message, { field });
}
