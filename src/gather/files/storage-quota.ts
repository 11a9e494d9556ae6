import type { Database } from '../database/database.ts';
import { GatherError } from '../errors.ts';
import { countStoredBytes, readStoredBytes, type StoredBytes } from './storage-rows.ts';

/** Most bytes of files and announced uploads. */
export interface QuotaConfig {
  maxBytes: number;
  maxBytesPerOwner: number;
}

/** Limits the bytes of files and announced uploads, per owner and in total. */
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
    const stored = await readStoredBytes(database, owner);
    this.#assert(stored, owner, 1, 'file');
    let size = 0;
    for await (const chunk of bytes) {
      size += chunk.length;
      this.#assert(stored, owner, size, 'file');
      yield chunk;
    }
  }

  /**
   * Checks the quota with what a transaction has added, correctly even if others add at the same time.
   * @param field the input field to name in the error
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
    if (ofAll + added > maxBytes) throw exceeded(maxBytes, 'in total', 'FILES_MAX_BYTES', ofAll + added, field);
  }
}

function exceeded(max: number, whose: string, setting: string, got: number, field: string): GatherError {
  const message =
    `Expected files and announced uploads of at most ${max} bytes ${whose} (${setting}), got ${got} with this one. ` +
    'Delete files or cancel uploads.';
  return new GatherError('QUOTA_EXCEEDED', message, { field });
}
