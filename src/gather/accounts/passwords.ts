import { Quota } from '../concurrency/quota.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { GatherError } from '../errors.ts';
import { hashPassword, isPassword } from './argon2id.ts';

/** Each takes 19 MiB and one of libuv's four threads. */
const AT_ONCE = 2;
const MAX_PLACES = { total: 66, perKey: 5 };
const TURN_TIMEOUT_MS = 5000;

/**
 * Hashes passwords, two at a time and one per sender, so that a flood of sign-ins exhausts neither memory nor threads, and
 * does not delay other senders. Throws BUSY if a hash would wait for too long.
 */
export class Passwords {
  readonly #places = new Quota(MAX_PLACES);
  readonly #turns = new Semaphore({ size: AT_ONCE, perKey: 1, timeoutMs: TURN_TIMEOUT_MS, toError: busy });

  /**
   * A permit to hash. Acquire it before any other work, so that refused requests cost nothing. Dispose of it.
   * @throws BUSY if too many wait, in all or of this sender
   */
  enter(sender: string): Disposable {
    if (this.#places.acquire(sender, 1)) throw busy();
    return { [Symbol.dispose]: () => this.#places.release(sender, 1) };
  }

  /** What is to be kept of a password. */
  hash(password: string, signal: AbortSignal, sender = 'this process'): Promise<string> {
    return this.#inTurn(sender, signal, () => hashPassword(password));
  }

  /** Whether what was kept is of this password. Where nothing was kept it is not, after the same work. */
  verify(password: string, kept: string | undefined, signal: AbortSignal, sender: string): Promise<boolean> {
    return this.#inTurn(sender, signal, () => isPassword(password, kept));
  }

  async #inTurn<T>(sender: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    using _turn = await this.#turns.acquire(signal, sender);
    return await work();
  }
}

function busy(): GatherError {
  return new GatherError('BUSY', 'Too many are signing in just now. Try again in a moment.', { retryable: true });
}
