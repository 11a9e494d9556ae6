import { GatherError } from '../errors.ts';
import { Deadline } from '../upstreams/deadline.ts';
import { Slots } from '../upstreams/slots.ts';
import { hashPassword, isPassword } from './argon2id.ts';

/** Each takes 19 MiB and one of libuv's four threads. */
const AT_ONCE = 2;
const MAX_WAITING = 64;
const TURN_TIMEOUT_MS = 5000;

/**
 * Hashes of passwords, two at a time, so that a flood of sign-ins takes neither the memory nor the threads that others
 * need. Throws BUSY where too many wait already, or for too long.
 */
export class Passwords {
  readonly #slots = new Slots(AT_ONCE, MAX_WAITING);

  /** What is to be kept of a password. */
  hash(password: string, signal: AbortSignal): Promise<string> {
    return this.#inTurn(signal, () => hashPassword(password));
  }

  /** Whether what was kept is of this password. Where nothing was kept it is not, after the same work. */
  verify(password: string, kept: string | undefined, signal: AbortSignal): Promise<boolean> {
    return this.#inTurn(signal, () => isPassword(password, kept));
  }

  async #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.#slots.isFull) throw busy();
    const deadline = new Deadline(signal, TURN_TIMEOUT_MS, busy);
    try {
      await this.#slots.take(deadline);
    } finally {
      deadline.clear();
    }
    try {
      return await work();
    } finally {
      this.#slots.release();
    }
  }
}

function busy(): GatherError {
  return new GatherError('BUSY', 'Too many are signing in just now. Try again in a moment.', { retryable: true });
}
