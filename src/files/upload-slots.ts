import { GatherError } from '../errors.ts';

const PER_SERVER = 64;
const PER_SENDER = 8;

/** How many uploads are under way: at most 64 on a server, and 8 of one sender. */
export class UploadSlots {
  readonly #bySender = new Map<string, number>();
  #taken = 0;

  /**
   * Takes a slot. Dispose of it when the upload is over.
   * @param sender who uploads: a viewer, or an address
   * @throws BUSY, naming the limit
   */
  take(sender: string): Disposable {
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
