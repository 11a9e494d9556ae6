import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '../database/database.ts';
import type { UploadRow } from '../database/engine-tables.generated.ts';
import type { Pools } from '../database/pool.ts';
import { engineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import { LEASE_MS, leaseUpload, renewLease } from './upload-lease-rows.ts';

const RENEW_EVERY_MS = 1000;
const RENEW_TIMEOUT_MS = 5000;
/** An attempt to renew it that begins now is over before the lease is. */
const SAFE_MS = LEASE_MS - RENEW_TIMEOUT_MS - RENEW_EVERY_MS;
/** A writer that is silent for so long gives way to one that asks. */
const SILENCE_MS = 3000;
const ASK_EVERY_MS = 250;
const ASK_FOR_MS = 6000;
const ASK_TIMEOUT_MS = 5000;
const RELEASE_TIMEOUT_MS = 5000;

/**
 * The right of one request, on any machine, to send the bytes of an upload. It is kept for as long as the process lives
 * that has it, and for 15 seconds more. A writer that is silent loses it to the next, because a client whose connection
 * broke comes again long before the server notices. Dispose of it.
 */
export class UploadLease implements AsyncDisposable {
  readonly writer = randomUUID();
  readonly #pools: Pools;
  readonly #tokenHash: string;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  #heardAt = performance.now();
  #renewing = Promise.resolve();

  private constructor(pools: Pools, tokenHash: string) {
    this.#pools = pools;
    this.#tokenHash = tokenHash;
  }

  /**
   * Waits for up to six seconds for another writer.
   * @returns the upload as it is then; undefined where it has expired, or is complete or not there
   * @throws LOCKED where the other one still sends
   */
  static async take(
    pools: Pools,
    tokenHash: string,
    signal: AbortSignal,
  ): Promise<{ lease: UploadLease; upload: UploadRow } | undefined> {
    const lease = new UploadLease(pools, tokenHash);
    try {
      const upload = await lease.#ask(signal);
      if (upload) return { lease, upload };
    } catch (error) {
      // It may have been given when nobody waited for it any more.
      await lease[Symbol.asyncDispose]();
      throw error;
    }
    return undefined;
  }

  /** Aborts when the right is lost. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Notes that bytes have come. */
  hear(): void {
    this.#heardAt = Math.max(this.#heardAt, performance.now());
  }

  /** Stops waiting for bytes: other senders must wait until this one is done. */
  hold(): void {
    this.#heardAt = Number.POSITIVE_INFINITY;
  }

  /** Lets it run out, within 15 seconds. */
  async stopRenewing(): Promise<void> {
    this.#over.abort();
    await this.#renewing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopRenewing();
    const database = new Database(this.#pools, AbortSignal.timeout(RELEASE_TIMEOUT_MS));
    const free = { writer: null, writerUntil: null };
    // Where this fails, the lease ends by itself.
    await engineTables(database)
      .upload.update({ tokenHash: this.#tokenHash, writer: this.writer }, free)
      .catch(() => {});
  }

  async #ask(signal: AbortSignal): Promise<UploadRow | undefined> {
    const deadline = performance.now() + ASK_FOR_MS;
    while (true) {
      const askedAt = performance.now();
      // Not with the request's signal: a statement nobody waits for any more could take the lease after it was released.
      const database = new Database(this.#pools, AbortSignal.timeout(ASK_TIMEOUT_MS));
      const upload = await leaseUpload(database, this.#tokenHash, this.writer);
      signal.throwIfAborted();
      if (!upload) return undefined;
      if (upload.isLeased) {
        this.#renewing = this.#renew(askedAt);
        return upload;
      }
      if (askedAt > deadline) throw locked();
      await sleep(ASK_EVERY_MS, undefined, { signal });
    }
  }

  async #renew(leasedAt: number): Promise<void> {
    const { signal: over } = this.#over;
    let renewedAt = leasedAt;
    while (await isNap(RENEW_EVERY_MS, over)) {
      const askedAt = performance.now();
      const signal = AbortSignal.any([over, AbortSignal.timeout(RENEW_TIMEOUT_MS)]);
      const database = new Database(this.#pools, signal);
      const lease = await renewLease(database, this.#tokenHash, this.writer).catch((error: unknown) => ({ error }));
      if (over.aborted) return;
      if (lease && 'error' in lease) {
        if (askedAt - renewedAt > SAFE_MS) return this.#lost.abort(lease.error);
        continue;
      }
      renewedAt = askedAt;
      if (!lease) return this.#lost.abort(noSuchUpload());
      if (lease.isWanted && this.#isSilent) return this.#lost.abort(locked());
    }
  }

  get #isSilent(): boolean {
    return performance.now() - this.#heardAt > SILENCE_MS;
  }
}

/** Sleeps. @returns false where the signal aborted meanwhile */
function isNap(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}

/** Another request has the upload. */
export function locked(): GatherError {
  return new GatherError('LOCKED', 'Another request sends this file just now. Try again when it is over.', {
    retryable: true,
  });
}

/** There is no such upload, not any more, or never was: nobody is to learn which. */
export function noSuchUpload(): GatherError {
  return new GatherError('NOT_FOUND', 'Nothing is expected at this address, or not any more. Announce the file anew.');
}
