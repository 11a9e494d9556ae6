import { Quota } from '../concurrency/quota.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { GatherError } from '../errors.ts';
import { hashPassword, isPassword } from './argon2id.ts';

/** Concurrent hashes. Each takes 19 MiB and one of libuv's four threads. */
const AT_ONCE = 2;
const QUOTA = { total: 66, perKey: 5 };
const WAIT_TIMEOUT_MS = 5000;

/**
 * Hashes passwords, two at a time and one per sender, so that a flood of sign-ins exhausts neither memory nor threads, and
 * does not delay other senders. Throws BUSY if a hash would wait for too long.
 */
export class Passwords {
  readonly #quota = new Quota(QUOTA);
  readonly #semaphore = new Semaphore({ size: AT_ONCE, perKey: 1, timeoutMs: WAIT_TIMEOUT_MS, toError: busy });

  /**
   * Acquires a permit to hash. Call it before any other work, so that refused requests cost nothing. Dispose of it.
   * @throws BUSY if too many are waiting, in all or of this sender
   */
  enter(sender: string): Disposable {
    if (this.#quota.acquire(sender, 1)) throw busy();
    return { [Symbol.dispose]: () => this.#quota.release(sender, 1) };
  }

  /** Hashes a password for storage. */
  hash(password: string, signal: AbortSignal, sender = 'this process'): Promise<string> {
    return this.#inTurn(sender, signal, () => hashPassword(password));
  }

  /** Whether the password matches the stored hash. Without a hash, returns false after the same work. */
  verify(password: string, stored: string | undefined, signal: AbortSignal, sender: string): Promise<boolean> {
    return this.#inTurn(sender, signal, () => isPassword(password, stored));
  }

  async #inTurn<T>(sender: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    using _permit = await this.#semaphore.acquire(signal, sender);
    return await work();
  }
}

function busy(): GatherError {
  return new GatherError('BUSY', 'Too many users are signing in. Try again in a moment.', { retryable: true });
}
