import type { Execution } from './execution.ts';
import type { Part } from './part.ts';
import { ignore } from './promises.ts';
import type { Level } from './scope.ts';
import type { ElementSource } from './work.ts';

/** Most elements of a list that are completed together: a list may have no end. */
const MAX_ELEMENTS = 1000;

/** Makes of a value what is written in its place; undefined if that is done, or comes later. */
type Use = (execution: Execution, level: Level, place: number, value: unknown) => unknown;

/** A list whose elements come over time. */
interface Feed {
  readonly level: Level;
  readonly place: number;
  readonly source: ElementSource;
}

/** The values of many places, which come at once. */
interface Group {
  readonly level: Level;
  readonly places: readonly number[];
  readonly parts: readonly Part[];
}

/**
 * What an execution waits for. What settles in the same turn of the event loop goes on together, at its end; what is late goes
 * on by itself.
 */
export class Waits {
  readonly #execution: Execution;
  /** Levels with places that are waited for. */
  readonly #levels = new Set<Level>();
  readonly #groups = new Set<Group>();
  readonly #feeds = new Set<Feed>();
  #arrivals: (Wait | Step)[] = [];

  constructor(execution: Execution) {
    this.#execution = execution;
  }

  /** A value comes later. */
  add(level: Level, place: number, promise: PromiseLike<unknown>, use: Use): void {
    if (this.#execution.isOver) return void ignore(promise);
    this.#open(level, place);
    const wait = new Wait(level, place, use);
    const native = promise instanceof Promise ? promise : Promise.resolve(promise);
    native.then(
      (value) => this.#arrive(wait.withValue(value)),
      (reason) => this.#arrive(wait.withError(reason)),
    );
  }

  /** The values of many places come later, all at once. */
  addAll(level: Level, places: readonly number[], promise: PromiseLike<unknown>, use: (values: unknown) => void): void {
    if (this.#execution.isOver) return void ignore(promise);
    const parts = level.part ? [level.part] : [...new Set(places.map((place) => level.partOf(place)))];
    const group: Group = { level, places, parts };
    for (const part of parts) part.pending++;
    this.#groups.add(group);
    const settle = (value: unknown, step: () => void) => {
      const run = () => (this.#leave(group) ? step() : void ignore(value));
      this.#arrive({ run, value });
    };
    Promise.resolve(promise).then(
      (values) => settle(values, () => use(values)),
      (reason) => settle(undefined, () => this.#fail(group, reason)),
    );
  }

  /**
   * The elements of a list come over time.
   * @param use is called with those of a turn
   * @param onFull is called after `limit` elements, if there may be more
   */
  addFeed(feed: Feed, use: (elements: unknown[]) => void, limit = Number.POSITIVE_INFINITY, onFull?: () => void): void {
    const { level, place, source } = feed;
    if (this.#execution.isOver) return void source.close();
    let left = limit;
    const end = () => {
      this.#feeds.delete(feed);
      this.#close(level, place);
    };
    const onReady = () =>
      this.arrive(() => {
        if (!level.open?.has(place)) return;
        const elements = source.take();
        left -= elements.length;
        use(elements);
        if (source.failure || source.isDone) {
          end();
          if (source.failure) this.#execution.fail(level, place, source.failure.reason);
        } else if (left === 0) {
          end();
          onFull?.();
        } else source.pull(Math.min(left, MAX_ELEMENTS), onReady);
      });
    this.#feeds.add(feed);
    this.#open(level, place);
    source.pull(Math.min(left, MAX_ELEMENTS), onReady);
  }

  /** Goes on at the end of this turn, with all that arrives in it. */
  arrive(run: () => void): void {
    this.#arrive({ run, value: undefined });
  }

  /** No longer waits for what nobody will see. */
  sweep(): void {
    for (const level of this.#levels)
      for (const place of level.open ?? []) if (!level.isAlive(place)) this.#close(level, place);
    for (const group of this.#groups) if (!group.places.some((place) => group.level.isAlive(place))) this.#leave(group);
    for (const feed of this.#feeds) {
      if (feed.level.isAlive(feed.place)) continue;
      this.#feeds.delete(feed);
      void feed.source.close();
    }
  }

  failAll(reason: unknown): void {
    for (const level of this.#levels) for (const place of level.open ?? []) this.#execution.fail(level, place, reason);
    for (const group of this.#groups) this.#fail(group, reason);
  }

  /** @returns the lists that were not at their end */
  end(): ElementSource[] {
    this.#levels.clear();
    this.#groups.clear();
    const sources = [...this.#feeds].map(({ source }) => source);
    this.#feeds.clear();
    return sources;
  }

  #arrive(arrival: Wait | Step): void {
    if (this.#execution.isOver) return void ignore(arrival.value);
    if (this.#arrivals.length === 0) process.nextTick(this.#goOn);
    this.#arrivals.push(arrival);
  }

  readonly #goOn = (): void => {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const arrival of arrivals) {
      if (arrival instanceof Wait) this.#settle(arrival);
      else if (this.#execution.isOver) ignore(arrival.value);
      else arrival.run();
    }
    this.#execution.run();
  };

  #settle({ level, place, use, value, hasFailed }: Wait): void {
    const execution = this.#execution;
    if (execution.isOver || !this.#close(level, place) || (execution.hasDead && !level.isAlive(place)))
      return void ignore(value);
    try {
      if (hasFailed) throw value;
      const used = use(execution, level, place, value);
      if (used !== undefined) level.write(place, used);
    } catch (error) {
      execution.fail(level, place, error);
    }
  }

  #open(level: Level, place: number): void {
    level.open ??= new Set();
    level.open.add(place);
    level.partOf(place).pending++;
    this.#levels.add(level);
  }

  #close(level: Level, place: number): boolean {
    if (!level.open?.delete(place)) return false;
    this.#settled(level.partOf(place));
    if (level.open.size === 0) this.#levels.delete(level);
    return true;
  }

  #fail({ level, places }: Group, reason: unknown): void {
    for (const place of places) this.#execution.fail(level, place, reason);
  }

  /** @returns false if nobody waits for the group any more */
  #leave(group: Group): boolean {
    if (!this.#groups.delete(group)) return false;
    for (const part of group.parts) this.#settled(part);
    return true;
  }

  #settled(part: Part): void {
    part.pending--;
    if (part.pending === 0) this.#execution.check(part);
  }
}

/** What goes on at the end of a turn. */
interface Step {
  run(): void;
  /** What it goes on with: ignored if the execution has ended. */
  value: unknown;
}

/** A value that comes later. */
class Wait {
  readonly level: Level;
  readonly place: number;
  readonly use: Use;
  /** The value, or the error. */
  value: unknown;
  hasFailed = false;

  constructor(level: Level, place: number, use: Use) {
    this.level = level;
    this.place = place;
    this.use = use;
  }

  withValue(value: unknown): this {
    this.value = value;
    return this;
  }

  withError(error: unknown): this {
    this.value = error;
    this.hasFailed = true;
    return this;
  }
}
