import type { ExecutionResult } from 'graphql';
import { toClientError } from '../errors.ts';

const LOOK_EVERY_MS = 60_000;

/**
 * The events of a subscription, for as long as whoever subscribed is signed in: that is looked at again with an event,
 * a minute after it was looked at last. An event that comes too late is kept back, and the subscription ends with an
 * error.
 *
 * @param look rejects where nobody is signed in any more, or that cannot be found out
 */
export async function* endWithSession(
  events: AsyncIterable<ExecutionResult>,
  look: () => Promise<unknown>,
): AsyncGenerator<ExecutionResult> {
  let lookAt = Date.now() + LOOK_EVERY_MS;
  for await (const event of events) {
    if (Date.now() >= lookAt) {
      try {
        await look();
      } catch (error) {
        yield { errors: [toClientError(error)] };
        return;
      }
      lookAt = Date.now() + LOOK_EVERY_MS;
    }
    yield event;
  }
}
