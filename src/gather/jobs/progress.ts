import { setTimeout as sleep } from 'node:timers/promises';

/** The shortest time between two reports that are written. */
const EVERY_MS = 100;

interface Report {
  fraction: number;
  message: string | null;
}

/** Writes how far a job is: the first report at once, of those that follow faster than they are to be written the last. */
export class Progress {
  readonly #write: (report: Report) => Promise<unknown>;
  readonly #ending = new AbortController();
  #next: Report | undefined;
  #writing: Promise<void> | undefined;

  /** @param write a report that it cannot write is dropped */
  constructor(write: (report: Report) => Promise<unknown>) {
    this.#write = write;
  }

  /** Says nothing any more once it has ended. @throws an error of the program's for a fraction that is not from 0 to 1 */
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
      await sleep(EVERY_MS, undefined, { signal: this.#ending.signal }).catch(() => {});
    }
    this.#writing = undefined;
  }
}
