import type { Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../../attached-property.ts';
import { arrival } from '../../monitoring/request-id.ts';
import { toServerTiming, toTotal } from '../../monitoring/server-timing.ts';
import { Timing, type TimingReport } from '../../monitoring/timing.ts';
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
  readonly #timings = new AttachedProperty<Request, Timing>();
  /** Requests that are answered with details. */
  readonly #detailed = new AttachedProperty<Request, true>();
  /** Sets the header of a response that does not have it. */
  readonly plugin: Plugin;

  /** @param isDevelopment whether everybody gets the details without requesting them */
  constructor(isDevelopment: boolean, roles: Roles) {
    this.#isDevelopment = isDevelopment;
    this.#roles = roles;
    this.plugin = {
      onResponse: ({ request, response }) => {
        if (response.headers.has('server-timing')) return;
        response.headers.set('server-timing', this.header({ request, timing: this.of(request) }));
      },
    };
  }

  /** The timing of the current request, from its arrival on. */
  of(request: Request): Timing {
    const known = this.#timings.get(request);
    if (known) return known;
    const timing = new Timing(arrival());
    this.#timings.set(request, timing);
    return timing;
  }

  /** Decides whether the client of an operation gets details, before its response begins. */
  decide({ request, context }: Operation): void {
    if (request.headers.get(HEADER) !== '0' && this.#maySeeDetails(context.viewer)) this.#detailed.set(request, true);
  }

  /** The timing so far for `extensions.timing`, if the client gets and requests it. */
  report({ request, timing }: Operation): TimingReport | undefined {
    const isShown = this.#detailed.get(request) && (this.#isDevelopment || request.headers.get(HEADER) === '1');
    return isShown ? timing.report() : undefined;
  }

  /** The timing so far for the header `Server-Timing`. */
  header({ request, timing }: Pick<Operation, 'request' | 'timing'>): string {
    return this.#detailed.get(request) ? toServerTiming(timing) : toTotal(timing);
  }

  #maySeeDetails(viewer: Viewer | undefined): boolean {
    return this.#isDevelopment || (viewer !== undefined && this.#roles.has(viewer, this.#roles.highest));
  }
}
