import { ignore } from './promises.ts';
import type { ElementSource } from './work.ts';

/** The elements of an iterator. */
export class SyncSource implements ElementSource {
  isDone = false;
  failure: { readonly reason: unknown } | undefined;
  readonly #iterator: Iterator<unknown>;
  #elements: unknown[] = [];

  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator;
  }

  pull(max: number, onReady: () => void): void {
    try {
      while (this.#elements.length < max) {
        const { done, value } = this.#iterator.next();
        if (done) {
          this.isDone = true;
          break;
        }
        this.#elements.push(value);
      }
    } catch (reason) {
      this.failure = { reason };
    }
    onReady();
  }

  take(): unknown[] {
    const elements = this.#elements;
    this.#elements = [];
    return elements;
  }

  async close(): Promise<void> {
    ignore(this.take());
    if (this.isDone || this.failure) return;
    this.isDone = true;
    await returned(this.#iterator);
  }
}

/** The elements of an async iterator: those that it gives in the same turn come together. */
export class AsyncSource implements ElementSource {
  isDone = false;
  failure: { readonly reason: unknown } | undefined;
  readonly #iterator: AsyncIterator<unknown>;
  #elements: unknown[] = [];
  #max = 0;
  #isAsking = false;
  #onReady: (() => void) | undefined;

  constructor(iterator: AsyncIterator<unknown>) {
    this.#iterator = iterator;
  }

  pull(max: number, onReady: () => void): void {
    this.#max = max;
    this.#onReady = onReady;
    if (this.#elements.length > 0 || this.#isOver) this.#report();
    this.#ask();
  }

  take(): unknown[] {
    const elements = this.#elements;
    this.#elements = [];
    this.#max = 0;
    return elements;
  }

  async close(): Promise<void> {
    ignore(this.take());
    if (this.#isOver) return;
    this.isDone = true;
    this.#onReady = undefined;
    await returned(this.#iterator);
  }

  get #isOver(): boolean {
    return this.isDone || this.failure !== undefined;
  }

  #ask(): void {
    if (this.#isAsking || this.#isOver || this.#elements.length >= this.#max) return;
    this.#isAsking = true;
    const settle = (use: () => void) => {
      this.#isAsking = false;
      try {
        use();
      } catch (reason) {
        this.#fail(reason);
      }
      this.#report();
      this.#ask();
    };
    try {
      Promise.resolve(this.#iterator.next()).then(
        (result) => settle(() => this.#accept(result)),
        (reason) => settle(() => this.#fail(reason)),
      );
    } catch (reason) {
      settle(() => this.#fail(reason));
    }
  }

  #accept({ done, value }: IteratorResult<unknown>): void {
    if (this.#isOver) ignore(value);
    else if (done) this.isDone = true;
    else this.#elements.push(value);
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.failure = { reason };
    void returned(this.#iterator);
  }

  #report(): void {
    this.#onReady?.();
    this.#onReady = undefined;
  }
}

async function returned(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {}
}
