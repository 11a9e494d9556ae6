import { toServerTiming, toTotal } from '../../monitoring/server-timing.ts';
import type { TimingReport } from '../../monitoring/timing.ts';
import type { Roles, Viewer } from '../../viewer.ts';
import type { Operation } from './operation.ts';

/** `1` requests `extensions.timing`; `0` opts out of the details of timing. */
const HEADER = 'x-gather-timing';

/**
 * Reports the timing of requests in `extensions.timing` and a `Server-Timing` header. Phases and calls reveal how the server
 * works and what it did for whom: outside of development only the highest role gets them, everybody else the total. In
 * incremental delivery both cover the time until the first part.
 */
export class Timings {
  readonly #isDevelopment: boolean;
  readonly #roles: Roles;

  /** @param isDevelopment whether everybody gets the details without requesting them */
  constructor(isDevelopment: boolean, roles: Roles) {
    this.#isDevelopment = isDevelopment;
    this.#roles = roles;
  }

  /** Decides whether the client of an operation gets details, before its response begins. */
  decide(operation: Operation): void {
    const { request, context } = operation;
    operation.hasDetails = request.headers.get(HEADER) !== '0' && this.#maySeeDetails(context.viewer);
  }

  /** The timing so far for `extensions.timing`, if the client gets and requests it. */
  report({ request, timing, hasDetails }: Operation): TimingReport | undefined {
    const isShown = hasDetails && (this.#isDevelopment || request.headers.get(HEADER) === '1');
    return isShown ? timing.report() : undefined;
  }

  /** The timing so far for the header `Server-Timing`. */
  header({ timing, hasDetails }: Operation): string {
    return hasDetails ? toServerTiming(timing) : toTotal(timing);
  }

  #maySeeDetails(viewer: Viewer | undefined): boolean {
    return this.#isDevelopment || (viewer !== undefined && this.#roles.has(viewer, this.#roles.highest));
  }
}
