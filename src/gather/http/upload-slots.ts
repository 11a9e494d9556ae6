import type { IncomingMessage } from 'node:http';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import { GatherError } from '../errors.ts';
import { addressOf } from './address.ts';

const PER_SERVER = 64;
const PER_SENDER = 8;

/** How many uploads are under way: at most 64 on a server, and 8 of one sender. */
export class UploadSlots {
  readonly #bySender = new Map<string, number>();
  readonly #proxyHops: number;
  #taken = 0;

  /** @param proxyHops how many proxies in front of the server are trusted to say who sends */
  constructor(proxyHops = 0) {
    this.#proxyHops = proxyHops;
  }

  /**
   * Takes a slot. Dispose of it when the upload is over.
   * @param request the upload; none where it comes from this process
   * @throws BUSY, naming the limit
   */
  take(request: IncomingMessage | undefined): Disposable {
    const sender = request ? limitKeyOf(addressOf(request, this.#proxyHops)) : '';
    const ofSender = this.#bySender.get(sender) ?? 0;
    if (this.#taken >= PER_SERVER) throw busy(`${PER_SERVER} uploads at a time on this server`);
    if (ofSender >= PER_SENDER) throw busy(`${PER_SENDER} uploads at a time of one sender`);
    this.#taken++;
    this.#bySender.set(sender, ofSender + 1);
    return { [Symbol.dispose]: () => this.#release(sender) };
  }

  #release(sender: string): void {
    this.#taken--;
    const left = (this.#bySender.get(sender) ?? 0) - 1;
    if (left > 0) this.#bySender.set(sender, left);
    else this.#bySender.delete(sender);
  }
}

function busy(limit: string): GatherError {
  return new GatherError('BUSY', `Expected at most ${limit}. Try again when one is done.`, { retryable: true });
}
