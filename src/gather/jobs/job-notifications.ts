import type { Id } from '../database/column-types.ts';
import { Listener } from '../database/listener.ts';

/**
 * Notifies watchers of a job when it has changed, and at an interval too, because notifications are lost while the
 * connection is down. Watchers then read the row, the single source of truth. Close it.
 */
export class JobNotifications {
  readonly #databaseUrl: string;
  readonly #channel: string;
  readonly #intervalMs: number;
  readonly #watchers = new Map<Id, Set<() => void>>();
  #listener: Listener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * Connects when a job is first watched.
   * @param channel of PostgreSQL's notifications; the payload is the id of the job that changed
   * @param intervalMs between notifications that are sent in any case
   */
  constructor(databaseUrl: string, channel: string, intervalMs: number) {
    this.#databaseUrl = databaseUrl;
    this.#channel = channel;
    this.#intervalMs = intervalMs;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Notifies at once if it is closed already. @returns a function that stops watching */
  watch(jobId: Id, onChange: () => void): () => void {
    if (this.#isClosed) {
      onChange();
      return () => {};
    }
    this.#listener ??= new Listener(this.#databaseUrl, this.#channel, {
      onNotification: (id) => this.#notify(id),
      onConnect: () => this.#notifyAll(),
    });
    this.#timer ??= setInterval(() => this.#notifyAll(), this.#intervalMs);
    const watchers = this.#watchers.get(jobId) ?? new Set();
    this.#watchers.set(jobId, watchers.add(onChange));
    return () => {
      watchers.delete(onChange);
      if (watchers.size === 0 && this.#watchers.get(jobId) === watchers) this.#watchers.delete(jobId);
      if (this.#watchers.size === 0) this.#stopTimer();
    };
  }

  /** Notifies all watchers a last time, so that they see that it is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopTimer();
    this.#notifyAll();
    this.#watchers.clear();
    await this.#listener?.close();
  }

  #notify(jobId: Id): void {
    for (const onChange of this.#watchers.get(jobId) ?? []) onChange();
  }

  #notifyAll(): void {
    for (const jobId of this.#watchers.keys()) this.#notify(jobId);
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
