import { setTimeout as sleep } from 'node:timers/promises';

/** The minimum time between two writes. */
const INTERVAL_MS = 100;

interface Report {
  fraction: number;
  message: string | null;
}

/** Writes the progress of a job, throttled: the first report at once, later ones at an interval, the latest of them only. */
export class Progress {
  readonly #write: (report: Report) => Promise<unknown>;
  readonly #ending = new AbortController();
  #next: Report | undefined;
  #writing: Promise<void> | undefined;

  /** @param write if it fails, the report is dropped */
  constructor(write: (report: Report) => Promise<unknown>) {
    this.#write = write;
  }

  /** Does nothing after `end`. @throws Error for a fraction outside 0 to 1 */
  report(fraction: number, message: string | null): void {
    if (!(fraction >= 0 && fraction <= 1)) throw new Error(`Expected progress from 0 to 1, got ${fraction}.`);
    if (this.#ending.signal.aborted) return;
    this.#next = { fraction, message };
    this.#writing ??= this.#writeAll();
  }

  /** Resolves once the last report is written. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#next) {
      const report = this.#next;
      this.#next = undefined;
      await this.#write(report).catch(() => {});
      await sleep(INTERVAL_MS, undefined, { signal: this.#ending.signal }).catch(() => {});
    }
    this.#writing = undefined;
  }
}
