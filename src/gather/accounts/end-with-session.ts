import type { ExecutionResult } from 'graphql';
import { GatherError } from '../errors.ts';
import type { MaskError } from '../monitoring/mask-errors.ts';
import type { Viewer } from '../viewer.ts';

const POLL_INTERVAL_MS = 60_000;

/**
 * Passes on the events of a subscription while the subscriber is signed in with the same role. Checks this again at the
 * first event that is a minute or more after the last check. If the check fails, ends with an error instead of that event.
 *
 * @param findViewer rejects if the viewer is not signed in any more, or cannot be determined
 */
export async function* endWithSession(
  events: AsyncIterable<ExecutionResult>,
  viewer: Viewer,
  findViewer: () => Promise<Viewer>,
  maskError: MaskError,
): AsyncGenerator<ExecutionResult> {
  let checkAt = Date.now() + POLL_INTERVAL_MS;
  for await (const event of events) {
    if (Date.now() >= checkAt) {
      try {
        assertSame(viewer, await findViewer());
      } catch (error) {
        yield { errors: [maskError(error)] };
        return;
      }
      checkAt = Date.now() + POLL_INTERVAL_MS;
    }
    yield event;
  }
}

/** A subscription was authorised for the viewer who started it. */
function assertSame({ role, user }: Viewer, now: Viewer): void {
  if (now.role === role && now.user?.owner === user?.owner) return;
  if (user && !now.user)
    throw new GatherError('UNAUTHENTICATED', 'Expected a viewer who is still signed in, got nobody.');
  const who = now.role === role ? 'another user' : now.role;
  throw new GatherError('FORBIDDEN', `Expected the viewer who subscribed, as ${role}, got ${who}. Subscribe again.`);
}
