import { describeError } from './describe-error.ts';
import type { Logger } from './log.ts';

/** A source counts as well again once a call succeeds this long after the last failure. */
const QUIET_MS = 1000;
/** Longer for a source that fails again and again: twice as long each time that it fails within a minute of an outage. */
const MAX_QUIET_MS = 64_000;
const RELAPSE_MS = 60_000;

/**
 * Logs when a source begins to fail, and when it is well again with the number of calls that failed meanwhile: two lines
 * for an outage, however long it is, and about two a minute for a source that fails now and then.
 */
export class Outage {
  readonly #log: Logger;
  readonly #source: string;
  #count = 0;
  #firstAt = 0;
  #lastAt = 0;
  #endedAt = Number.NEGATIVE_INFINITY;
  #quietMs = QUIET_MS;

  constructor(log: Logger, source: string) {
    this.#log = log;
    this.#source = source;
  }

  /** Whether the source has failed and is not well again. */
  get isOn(): boolean {
    return this.#count > 0;
  }

  /** Counts a failed call. The first is logged. */
  failed(error: unknown): void {
    const now = performance.now();
    this.#lastAt = now;
    this.#count++;
    if (this.#count > 1) return;
    this.#firstAt = now;
    this.#quietMs = now - this.#endedAt < RELAPSE_MS ? Math.min(2 * this.#quietMs, MAX_QUIET_MS) : QUIET_MS;
    this.#log.warn({ source: this.#source, err: describeError(error) }, wordsFor(this.#source).failing);
  }

  /** Ends the outage, if there is one and no call has failed for a while. */
  answered(): void {
    if (this.#count === 0) return;
    const now = performance.now();
    if (now - this.#lastAt < this.#quietMs) return;
    const downMs = Math.round(this.#lastAt - this.#firstAt);
    this.#log.warn({ source: this.#source, failedCalls: this.#count, downMs }, wordsFor(this.#source).well);
    this.#count = 0;
    this.#endedAt = now;
  }
}

function wordsFor(source: string): { failing: string; well: string } {
  if (source === 'postgres') return { failing: 'the database is lost', well: 'the database is back' };
  return { failing: `${source} fails`, well: `${source} answers again` };
}
