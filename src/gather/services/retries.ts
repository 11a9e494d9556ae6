import type { IncomingHttpHeaders } from 'node:http';
import type { Deadline } from '../concurrency/deadline.ts';
import { UpstreamError } from './errors.ts';

const MAX_RETRIES = 2;
const FIRST_DELAY_MS = 50;
/** A longer `Retry-After` rules out a retry within the call. */
const MAX_RETRY_AFTER_MS = 1000;
/** The retry budget: retries add at most a tenth to the calls of a failing service, after up to 10 that were saved up. */
const BUDGET_PER_CALL = 0.1;
const MAX_BUDGET = 10;

/** Decides whether and when failed attempts are retried. The calls of a service share one budget. */
export class Retries {
  #budget = MAX_BUDGET;

  /** Adds a call's share to the budget. */
  earn(): void {
    this.#budget = Math.min(MAX_BUDGET, this.#budget + BUDGET_PER_CALL);
  }

  /** Waits before a retry. @throws the error if the attempt is not retried */
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
 * The minimum delay before a retry, in milliseconds; undefined if a retry is useless. 500 is not retried: it is more
 * often a bug than a passing fault.
 */
export function toRetryAfterMs(status: number, headers: IncomingHttpHeaders): number | undefined {
  if (status === 502 || status === 504) return 0;
  if (status !== 429 && status !== 503) return undefined;
  const delayMs = parseRetryAfter(headers['retry-after']);
  return delayMs <= MAX_RETRY_AFTER_MS ? delayMs : undefined;
}

/** `Retry-After` has seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function parseRetryAfter(retryAfter: string | undefined): number {
  if (!retryAfter) return 0;
  const delayMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs);
}

function jittered(delayMs: number): number {
  return delayMs * (0.5 + Math.random());
}
