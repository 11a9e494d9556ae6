import type { Deadline } from '../upstreams/deadline.ts';

/**
 * Turns that few can have at a time. A sender has at most one of them, and the senders who wait are served one after
 * another: whoever wants many keeps nobody else waiting for more than one.
 */
export class Turns {
  readonly #atOnce: number;
  readonly #served = new Set<string>();
  /** Those who wait, by sender. A sender whose turn is over goes to the end. */
  readonly #lines = new Map<string, Set<() => void>>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Waits for a turn. Whoever has had it gives it back with `release`. */
  take(sender: string, deadline: Deadline): Promise<void> {
    return deadline.wait((resolve) => {
      this.#lines.set(sender, (this.#lines.get(sender) ?? new Set()).add(resolve));
      this.#serve();
      return () => this.#leave(sender, resolve);
    });
  }

  release(sender: string): void {
    this.#served.delete(sender);
    const line = this.#lines.get(sender);
    if (line) {
      this.#lines.delete(sender);
      this.#lines.set(sender, line);
    }
    this.#serve();
  }

  #serve(): void {
    for (const [sender, [next]] of this.#lines) {
      if (this.#served.size >= this.#atOnce) return;
      if (!next || this.#served.has(sender)) continue;
      this.#served.add(sender);
      this.#leave(sender, next);
      next();
    }
  }

  #leave(sender: string, waiting: () => void): void {
    const line = this.#lines.get(sender);
    line?.delete(waiting);
    if (line?.size === 0) this.#lines.delete(sender);
  }
}
