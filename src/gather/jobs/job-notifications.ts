import type { Id } from '../database/column-types.ts';
import { Listener } from '../database/listener.ts';

/**
 * Tells when it is time to look at a job again: when it has changed, and now and then all the same, because what is said
 * while the connection is lost is lost too. Readers then read the row, the single source of truth. Close it.
 */
export class JobNotifications {
  readonly #databaseUrl: string;
  readonly #channel: string;
  readonly #everyMs: number;
  readonly #watchers = new Map<Id, Set<() => void>>();
  #listener: Listener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * Connects when a job is first watched.
   * @param channel on which PostgreSQL tells that a job has changed, with its id as payload
   * @param everyMs how often a watcher is told in any case
   */
  constructor(databaseUrl: string, channel: string, everyMs: number) {
    this.#databaseUrl = databaseUrl;
    this.#channel = channel;
    this.#everyMs = everyMs;
  }

  /** Whether nobody is told any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Where it is closed already, the watcher is told at once. @returns ends the watch */
  watch(jobId: Id, onHint: () => void): () => void {
    if (this.#isClosed) {
      onHint();
      return () => {};
    }
    this.#listener ??= new Listener(this.#databaseUrl, this.#channel, {
      onNotification: (id) => this.#tell(id),
      onConnect: () => this.#tellAll(),
    });
    this.#timer ??= setInterval(() => this.#tellAll(), this.#everyMs);
    const watchers = this.#watchers.get(jobId) ?? new Set();
    this.#watchers.set(jobId, watchers.add(onHint));
    return () => {
      watchers.delete(onHint);
      if (watchers.size === 0 && this.#watchers.get(jobId) === watchers) this.#watchers.delete(jobId);
      if (this.#watchers.size === 0) this.#stopTimer();
    };
  }

  /** Tells everyone once more, so that they look whether it is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopTimer();
    this.#tellAll();
    this.#watchers.clear();
    await this.#listener?.close();
  }

  #tell(jobId: Id): void {
    for (const onHint of this.#watchers.get(jobId) ?? []) onHint();
  }

  #tellAll(): void {
    for (const jobId of this.#watchers.keys()) this.#tell(jobId);
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
