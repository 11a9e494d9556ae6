import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGraphQLError } from 'graphql-yoga';
import { onAbort } from '../../abort.ts';
import { type Permit, Semaphore } from '../../concurrency/semaphore.ts';
import type { Context } from '../../context.ts';
import { HTTP_STATUSES, toClientError } from '../../errors.ts';
import { keyOf } from './charge.ts';
import { Refused } from './refusal.ts';

type TurnContext = Pick<Context, 'signal' | 'viewer' | 'address'>;

/**
 * A limited number of operations of a client at a time. Take a turn before the operation pays: many that are refused for
 * lack of points would keep the event loop from others, too.
 */
export class Turns {
  readonly #semaphore: Semaphore;

  constructor(maxOperations: number) {
    this.#semaphore = new Semaphore({
      size: Number.POSITIVE_INFINITY,
      perKey: maxOperations,
      toError: () => new Error('Any number of operations may wait, for any time.'),
    });
  }

  /**
   * Takes a turn, or waits for one in line. It ends with the operation's signal: with its answer, or when nobody waits for it.
   * @throws Refused if the signal aborts before
   */
  take({ signal, viewer, address }: TurnContext): void | Promise<void> {
    const hold = (permit: Permit) => void onAbort(signal, permit.release);
    const refuse = (error: unknown) => {
      throw new Refused(withStatus(toClientError(error)));
    };
    try {
      const permit = this.#semaphore.acquire(signal, keyOf({ viewer, address }));
      if (!(permit instanceof Promise)) return hold(permit);
      // A line of cheap operations must not run in one turn of the event loop, with the others waiting.
      return permit.then((it) => nextTurn().then(() => hold(it))).catch(refuse);
    } catch (error) {
      return refuse(error);
    }
  }
}

function withStatus({ message, extensions }: ReturnType<typeof toClientError>) {
  const status = HTTP_STATUSES[extensions['code'] as keyof typeof HTTP_STATUSES];
  return createGraphQLError(message, { extensions: { ...extensions, http: { status, spec: false } } });
}
