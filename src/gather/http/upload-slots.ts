import type { IncomingMessage } from 'node:http';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import { Quota } from '../concurrency/quota.ts';
import { GatherError } from '../errors.ts';
import { addressOf } from './address.ts';

const LIMITS = { total: 64, perKey: 8 };
const BUSY = {
  total: `${LIMITS.total} uploads at a time on this server`,
  perKey: `${LIMITS.perKey} uploads at a time of one sender`,
};

/** Limits concurrent uploads: 64 per server and 8 per sender. */
export class UploadSlots {
  readonly #quota = new Quota(LIMITS);
  readonly #proxyHops: number;

  /** @param proxyHops number of trusted proxies in front of the server */
  constructor(proxyHops = 0) {
    this.#proxyHops = proxyHops;
  }

  /** Uploads under way. */
  get taken(): number {
    return this.#quota.held;
  }

  /**
   * Takes a slot. Dispose of it when the upload is over.
   * @param request the upload; undefined for one from this process
   * @throws BUSY, naming the limit
   */
  take(request: IncomingMessage | undefined): Disposable {
    const sender = request ? limitKeyOf(addressOf(request, this.#proxyHops)) : '';
    const exceeded = this.#quota.acquire(sender, 1);
    if (exceeded) throw busy(BUSY[exceeded]);
    return { [Symbol.dispose]: () => this.#quota.release(sender, 1) };
  }
}

function busy(limit: string): GatherError {
  return new GatherError('BUSY', `Expected at most ${limit}. Try again when one is done.`, { retryable: true });
}
