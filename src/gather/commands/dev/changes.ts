import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SOURCE = /\.(m?[jt]s|json|graphql|ya?ml|sql)$/;
const IGNORED = /(^|[\\/])(\.|node_modules)/;
/** Editors write a file in several steps, and a checkout writes many files. */
const QUIET_MS = 30;

/** Collects the source files that change, by path from the working directory. Dispose of it. */
export class Changes implements Disposable {
  readonly #watchers: FSWatcher[];
  #changed = new Set<string>();
  #last = 0;
  #notify = () => {};

  /** @param sources is watched with its folders, the working directory and its OpenAPI files without */
  constructor(sources: string) {
    const others = ['.', 'services'].filter((directory) => existsSync(directory));
    this.#watchers = [this.#watch(sources, true), ...others.map((directory) => this.#watch(directory, false))];
  }

  /** The files that have changed, once some have and no others do for a moment. */
  async take(signal: AbortSignal): Promise<string[]> {
    while (this.#changed.size === 0) await this.#next(signal);
    await this.settle(signal);
    const changed = [...this.#changed].sort();
    this.#changed.clear();
    return changed;
  }

  /** Resolves when nothing has changed for a moment. */
  async settle(signal: AbortSignal): Promise<void> {
    do await sleep(QUIET_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    while (performance.now() - this.#last < QUIET_MS);
  }

  /** Takes the changes of these files away. */
  remove(isRemoved: (path: string) => boolean): string[] {
    const removed = [...this.#changed].filter(isRemoved);
    for (const path of removed) this.#changed.delete(path);
    return removed;
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher.close();
  }

  #watch(directory: string, recursive: boolean): FSWatcher {
    return watch(directory, { recursive }, (_, name) => {
      if (name === null || !SOURCE.test(name) || IGNORED.test(name)) return;
      this.#changed.add(relative('.', join(directory, name)));
      this.#last = performance.now();
      this.#notify();
    });
  }

  async #next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#notify = resolve;
    signal.addEventListener('abort', this.#notify);
    await promise;
    signal.removeEventListener('abort', this.#notify);
    signal.throwIfAborted();
  }
}
