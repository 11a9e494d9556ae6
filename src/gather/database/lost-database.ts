import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { GatherError } from '../errors.ts';
import type { Logger } from '../monitoring/log.ts';
import { Outage } from '../monitoring/outage.ts';
import { outsideOfRequest } from '../monitoring/request-id.ts';
import { isBroken, toGatherError } from './errors.ts';

const PROBE_EVERY_MS = 1000;

/**
 * Logs when the database is lost and when it is back, even if nobody uses it meanwhile: while it is lost, it is probed
 * once a second. Close it.
 */
export class LostDatabase {
  readonly #outage: Outage;
  readonly #pool: pg.Pool;
  readonly #closed = new AbortController();

  /**
   * @param source its name in the log
   * @param pool for the probes
   */
  constructor(log: Logger, source: string, pool: pg.Pool) {
    this.#outage = new Outage(log, source);
    this.#pool = pool;
  }

  /** Notes a failure of PostgreSQL or of its connection. @returns whether it is a lost connection; any other is ignored */
  failed(error: unknown): boolean {
    const failure = toGatherError(error);
    const isLost = failure instanceof GatherError && failure.code === 'DATABASE_UNAVAILABLE';
    if (!isLost || !isBroken(failure.cause)) return false;
    if (this.#closed.signal.aborted) return true;
    const isNew = !this.#outage.isOn;
    this.#outage.failed(failure);
    if (isNew) void outsideOfRequest(() => this.#probe());
    return true;
  }

  close(): void {
    this.#closed.abort();
  }

  async #probe(): Promise<void> {
    const { signal } = this.#closed;
    while (this.#outage.isOn && !signal.aborted) {
      await sleep(PROBE_EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      await this.#pool.query('select 1').then(
        () => this.#outage.answered(),
        () => {},
      );
    }
  }
}
