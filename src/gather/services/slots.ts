import type { Deadline } from '../concurrency/deadline.ts';

/** So many things may run at once, so many more may wait for their turn, first come, first served. */
export class Slots {
  readonly #size: number;
  readonly #maxQueued: number;
  readonly #queue = new Set<() => void>();
  #running = 0;

  constructor(size: number, maxQueued: number) {
    this.#size = size;
    this.#maxQueued = maxQueued;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /** Whether neither a slot nor a place in the queue is left. */
  get isFull(): boolean {
    return this.#running >= this.#size && this.#queue.size >= this.#maxQueued;
  }

  /** Takes a free slot, or a place in the queue. @returns to be awaited before the slot is used, where it is not free */
  take(deadline: Deadline): Promise<void> | undefined {
    if (this.#running >= this.#size) return this.#turn(deadline);
    this.#running++;
    return undefined;
  }

  /** Gives the slot back, or hands it to the next in the queue. */
  release(): void {
    const [next] = this.#queue;
    if (!next) {
      this.#running--;
      return;
    }
    this.#queue.delete(next);
    next();
  }

  #turn(deadline: Deadline): Promise<void> {
    return deadline.wait((resolve) => {
      this.#queue.add(resolve);
      return () => this.#queue.delete(resolve);
    });
  }
}
