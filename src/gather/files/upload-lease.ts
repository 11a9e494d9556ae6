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
/** While the last renewal is at most this old, another attempt ends before the lease does. */
const SAFE_MS = LEASE_MS - RENEW_TIMEOUT_MS - RENEW_EVERY_MS;
/** A writer that receives no bytes for this long loses the lease to another one that wants it. */
const SILENCE_MS = 3000;
const RETRY_EVERY_MS = 250;
const RETRY_FOR_MS = 6000;
const LEASE_TIMEOUT_MS = 5000;
const RELEASE_TIMEOUT_MS = 5000;

/**
 * A lease that gives one request, on any machine, the right to write the bytes of an upload. It is renewed while the
 * process lives, and expires 15 seconds after its death. A writer that receives nothing loses it to the next one, because
 * a client whose connection broke comes back long before the server notices. Dispose of it.
 */
export class UploadLease implements AsyncDisposable {
  readonly writer = randomUUID();
  readonly #pools: Pools;
  readonly #tokenHash: string;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  #receivedAt = performance.now();
  #renewing = Promise.resolve();

  private constructor(pools: Pools, tokenHash: string) {
    this.#pools = pools;
    this.#tokenHash = tokenHash;
  }

  /**
   * Acquires the lease of an upload; waits up to six seconds for another writer.
   * @returns the upload as it is then; undefined if it has expired, is complete or does not exist
   * @throws LOCKED if the other writer is still receiving bytes
   */
  static async acquire(
    pools: Pools,
    tokenHash: string,
    signal: AbortSignal,
  ): Promise<{ lease: UploadLease; upload: UploadRow } | undefined> {
    const lease = new UploadLease(pools, tokenHash);
    try {
      const upload = await lease.#acquire(signal);
      if (upload) return { lease, upload };
    } catch (error) {
      // The lease may have been granted after the wait had ended.
      await lease[Symbol.asyncDispose]();
      throw error;
    }
    return undefined;
  }

  /** Aborts when the lease is lost. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Records that bytes have arrived. */
  touch(): void {
    this.#receivedAt = Math.max(this.#receivedAt, performance.now());
  }

  /** Keeps the lease even without bytes: other writers must wait until this one is done. */
  hold(): void {
    this.#receivedAt = Number.POSITIVE_INFINITY;
  }

  /** Lets the lease expire, within 15 seconds. */
  async stopRenewing(): Promise<void> {
    this.#released.abort();
    await this.#renewing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopRenewing();
    const database = new Database(this.#pools, AbortSignal.timeout(RELEASE_TIMEOUT_MS));
    const free = { writer: null, writerUntil: null };
    // If this fails, the lease expires by itself.
    await engineTables(database)
      .upload.update({ tokenHash: this.#tokenHash, writer: this.writer }, free)
      .catch(() => {});
  }

  async #acquire(signal: AbortSignal): Promise<UploadRow | undefined> {
    const deadline = performance.now() + RETRY_FOR_MS;
    while (true) {
      const askedAt = performance.now();
      // Not the request's signal: an abandoned statement could take the lease after it was released.
      const database = new Database(this.#pools, AbortSignal.timeout(LEASE_TIMEOUT_MS));
      const upload = await leaseUpload(database, this.#tokenHash, this.writer);
      signal.throwIfAborted();
      if (!upload) return undefined;
      if (upload.isLeased) {
        this.#renewing = this.#renew(askedAt);
        return upload;
      }
      if (askedAt > deadline) throw locked();
      await sleep(RETRY_EVERY_MS, undefined, { signal });
    }
  }

  async #renew(leasedAt: number): Promise<void> {
    const { signal: released } = this.#released;
    let renewedAt = leasedAt;
    while (await sleepUnlessAborted(RENEW_EVERY_MS, released)) {
      const askedAt = performance.now();
      const signal = AbortSignal.any([released, AbortSignal.timeout(RENEW_TIMEOUT_MS)]);
      const database = new Database(this.#pools, signal);
      const lease = await renewLease(database, this.#tokenHash, this.writer).catch((error: unknown) => ({ error }));
      if (released.aborted) return;
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
    return performance.now() - this.#receivedAt > SILENCE_MS;
  }
}

/** @returns false if the signal aborted meanwhile */
function sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}

/** The error if another request has the lease. */
export function locked(): GatherError {
  return new GatherError('LOCKED', 'Another request is sending this file. Try again when it is done.', {
    retryable: true,
  });
}

/** The error if there is no such upload. It does not reveal whether there ever was one. */
export function noSuchUpload(): GatherError {
  return new GatherError(
    'NOT_FOUND',
    'No upload is expected at this address, or not any more. Announce the file again.',
  );
}
