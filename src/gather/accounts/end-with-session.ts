import type { ExecutionResult } from 'graphql';
import { GatherError, toClientError } from '../errors.ts';
import type { Viewer } from '../viewer.ts';

const POLL_INTERVAL_MS = 60_000;

/**
 * Passes on the events of a subscription while the subscriber is signed in with the same role, which is checked again
 * with the first event a minute after the last check. If the check fails, the event is held back and the subscription
 * ends with an error.
 *
 * @param look rejects if the viewer is not signed in any more, or cannot be determined
 */
export async function* endWithSession(
  events: AsyncIterable<ExecutionResult>,
  viewer: Viewer,
  look: () => Promise<Viewer>,
): AsyncGenerator<ExecutionResult> {
  let lookAt = Date.now() + POLL_INTERVAL_MS;
  for await (const event of events) {
    if (Date.now() >= lookAt) {
      try {
        assertSame(viewer, await look());
      } catch (error) {
        yield { errors: [toClientError(error)] };
        return;
      }
      lookAt = Date.now() + POLL_INTERVAL_MS;
    }
    yield event;
  }
}

/** What the subscription may see was decided when it began. */
function assertSame({ role, user }: Viewer, now: Viewer): void {
  if (now.role === role && now.user?.owner === user?.owner) return;
  const who = now.role === role ? 'another user' : now.role;
  throw new GatherError('FORBIDDEN', `Expected the viewer who subscribed, as ${role}, got ${who}. Subscribe again.`);
}
