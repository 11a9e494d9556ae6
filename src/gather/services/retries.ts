import type { IncomingHttpHeaders } from 'node:http';
import type { Deadline } from '../concurrency/deadline.ts';
import { UpstreamError } from './errors.ts';

const MAX_RETRIES = 2;
const FIRST_DELAY_MS = 50;
/** A service that asks for a longer rest than this is not asked again within the call. */
const MAX_REST_MS = 1000;
/** A service that fails gets a tenth more calls, not three times as many; so many retries may be saved up. */
const BUDGET_PER_CALL = 0.1;
const MAX_BUDGET = 10;

/** Decides which failed attempts are made again, and when. One for each upstream, whose calls share its budget. */
export class Retries {
  #budget = MAX_BUDGET;

  /** To be told of each call, so that it adds to what may be spent. */
  earn(): void {
    this.#budget = Math.min(MAX_BUDGET, this.#budget + BUDGET_PER_CALL);
  }

  /** Waits until the attempt that failed with this error is to be made again; throws the error where it is not. */
  async pause(error: unknown, retry: number, deadline: Deadline): Promise<void> {
    if (!(error instanceof UpstreamError) || error.retryAfterMs === undefined) throw error;
    const delayMs = Math.max(error.retryAfterMs, jittered(FIRST_DELAY_MS * 2 ** (retry - 1)));
    if (retry > MAX_RETRIES || this.#budget < 1 || delayMs >= deadline.remainingMs) throw error;
    this.#budget--;
    await deadline.wait<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      return () => clearTimeout(timer);
    });
  }
}

/**
 * How long to leave a service alone that answered so, in milliseconds; undefined where asking again is no use.
 * 500 is not repeated: it is more often a fault of the program there than of the moment.
 */
export function toRetryAfterMs(status: number, headers: IncomingHttpHeaders): number | undefined {
  if (status === 502 || status === 504) return 0;
  if (status !== 429 && status !== 503) return undefined;
  const restMs = toRestMs(headers['retry-after']);
  return restMs <= MAX_REST_MS ? restMs : undefined;
}

/** `Retry-After` holds seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function toRestMs(retryAfter: string | undefined): number {
  if (!retryAfter) return 0;
  const restMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(restMs) ? 0 : Math.max(0, restMs);
}

function jittered(delayMs: number): number {
  return delayMs * (0.5 + Math.random());
}
