import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  locatedError,
  responsePathAsArray,
  type ValidatedExecutionArgs,
} from 'graphql';
import { ResolveInfo } from './info.ts';
import { Part } from './part.ts';
import { settleUnseen } from './promises.ts';
import type { Level, Scope } from './scope.ts';
import type { Arguments, Field } from './selection.ts';
import { Signals } from './signals.ts';
import { bytesOfError, type SizeLimit } from './size.ts';
import type { ItemSource, Stream } from './work.ts';

/** How scopes are resolved. */
export interface Steps {
  resolve(execution: Execution, scope: Scope): void;
  /** Resolves the next field of a mutation. @returns false if there is none */
  resolveNext(execution: Execution): boolean;
}

/** Most items of a list that are completed together: a list may have no end. */
const MAX_ITEMS = 1000;

/** A list whose items come over time. */
interface Feed {
  readonly level: Level;
  readonly place: number;
  readonly source: ItemSource;
}

/**
 * The state of one execution: what is to be resolved, what is waited for, and what went wrong. What settles in the same turn
 * of the event loop goes on together, what is late goes on by itself.
 */
export class Execution {
  readonly args: ValidatedExecutionArgs;
  /** Undefined for the default resolver. */
  readonly fieldResolver: GraphQLFieldResolver<unknown, unknown> | undefined;
  readonly signals = new Signals();
  /** The first result. */
  readonly main = new Part();
  /** Some object or list became null by what is below it. As long as there is none, nothing needs to be checked. */
  hasDead = false;
  isOver = false;
  /** Called when everything of a part is known. */
  onDone: (part: Part) => void = () => {};
  /** Called after the signal has aborted, when all that was waited for has failed. */
  onAbort: (reason: unknown) => void = () => {};
  /** Why it was aborted, if it was. */
  aborted: { readonly reason: unknown } | undefined;
  readonly #limit: SizeLimit | undefined;
  /** The error of what does not fit. */
  #excess: unknown;
  readonly #steps: Steps;
  readonly #arguments = new Map<Field, Arguments>();
  readonly #scopes: Scope[] = [];
  #arrivals: (() => void)[] = [];
  readonly #waiting = new Set<Level>();
  readonly #feeds = new Set<Feed>();
  /** Streams that are not at their end. */
  readonly streams = new Set<Stream>();
  readonly #started = new Set<Part>();
  #mustSweep = false;
  #isRunning = false;

  constructor(args: ValidatedExecutionArgs, steps: Steps, limit: SizeLimit | undefined) {
    this.args = args;
    this.#limit = limit;
    this.fieldResolver = args.fieldResolver === defaultFieldResolver ? undefined : args.fieldResolver;
    this.#steps = steps;
    args.externalAbortSignal?.addEventListener('abort', this.#abort);
  }

  infoOf(level: Level, place: number): ResolveInfo {
    return new ResolveInfo(this.args, this.signals, level.scope, level.field, level.parentOf(place));
  }

  /** @throws GraphQLError if they are invalid */
  argumentsOf(field: Field): Arguments {
    let values = this.#arguments.get(field);
    if (!values) {
      values = field.argumentsWith(this.args.variableValues);
      this.#arguments.set(field, values);
    }
    return values;
  }

  readonly add = (scope: Scope): void => {
    this.#scopes.push(scope);
  };

  /** Its end is looked for at the end of each run. */
  start(part: Part): void {
    this.#started.add(part);
  }

  /** Resolves scopes until nothing is left but what is waited for. */
  run(): void {
    if (this.#isRunning || this.isOver) return;
    this.#isRunning = true;
    do this.#resolve();
    while (this.#finish());
    this.#isRunning = false;
  }

  /** A value comes later. @param use makes of it what is written in the place */
  wait(level: Level, place: number, promise: PromiseLike<unknown>, use: (value: unknown) => unknown): void {
    if (this.isOver) {
      settleUnseen(promise);
      return;
    }
    this.#open(level, place);
    this.#listen(
      promise,
      (value) =>
        this.#settle(level, place, () => {
          const used = use(value);
          if (used !== undefined) level.write(place, used);
        }),
      (reason) => this.#settle(level, place, () => this.fail(level, place, reason)),
    );
  }

  /** The values of many places come later, all at once. */
  waitForAll(
    level: Level,
    places: readonly number[],
    promise: PromiseLike<unknown>,
    use: (values: unknown) => void,
  ): void {
    if (this.isOver) {
      settleUnseen(promise);
      return;
    }
    for (const place of places) this.#open(level, place);
    const settle = (step: () => void) => {
      for (const place of places) this.#close(level, place);
      if (!this.isOver) step();
    };
    this.#listen(
      promise,
      (values) => settle(() => use(values)),
      (reason) =>
        settle(() => {
          for (const place of places) this.fail(level, place, reason);
        }),
    );
  }

  /**
   * The items of a list come over time.
   * @param use is called with those of a turn
   * @param onFull is called after `limit` items, if there may be more
   */
  feed(feed: Feed, use: (items: unknown[]) => void, limit = Number.POSITIVE_INFINITY, onFull?: () => void): void {
    const { level, place, source } = feed;
    if (this.isOver) {
      void source.close();
      return;
    }
    let left = limit;
    const end = () => {
      this.#feeds.delete(feed);
      this.#close(level, place);
    };
    const onReady = () =>
      this.arrive(() => {
        if (!level.open?.has(place)) return;
        const items = source.take();
        left -= items.length;
        use(items);
        if (source.failure || source.isDone) {
          end();
          if (source.failure) this.fail(level, place, source.failure.reason);
        } else if (left === 0) {
          end();
          onFull?.();
        } else source.pull(Math.min(left, MAX_ITEMS), onReady);
      });
    this.#feeds.add(feed);
    this.#open(level, place);
    source.pull(Math.min(left, MAX_ITEMS), onReady);
  }

  /** Goes on with all that arrives in this turn, at its end. */
  arrive(step: () => void): void {
    if (this.isOver) return;
    if (this.#arrivals.length === 0) process.nextTick(this.#goOn);
    this.#arrivals.push(step);
  }

  /** Of each part of the response. */
  get maxBytes(): number {
    return this.#limit?.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Counts bytes of a part of the response.
   * @throws the error of what does not fit
   */
  count(part: Part, bytes: number): void {
    part.bytes += bytes;
    if (this.#limit && part.bytes > this.#limit.maxBytes * part.allowance) throw this.#exceed(this.#limit);
  }

  #exceed(limit: SizeLimit): unknown {
    this.#excess ??= limit.exceed();
    return this.#excess;
  }

  /** An error in a place: it becomes null, or if it must not, what is around it; all of a part that is too large. */
  fail(level: Level, place: number, reason: unknown): void {
    if (this.isOver || !level.isAlive(place)) return;
    const part = level.partOf(place);
    const error = locatedError(reason, level.field.nodes, responsePathAsArray(level.pathOf(place)));
    const isExcess = this.#excess !== undefined && reason === this.#excess;
    part.bytes += bytesOfError(error);
    if (!isExcess && this.#limit && part.bytes > this.#limit.maxBytes * part.allowance) {
      this.fail(level, place, this.#exceed(this.#limit));
      return;
    }
    let at: Level | undefined = level;
    while (isExcess || (at.shape.isNonNull && this.args.errorPropagation)) {
      this.hasDead = true;
      this.#mustSweep = true;
      if (at.burst) {
        part.fail(error, at.positions[place] as number);
        return;
      }
      if (at.lists) {
        place = at.owners[place] as number;
        at = at.lists;
      } else {
        if (at.scope.parts || !at.scope.level) {
          part.fail(error, 0);
          return;
        }
        place = at.scope.places[place] as number;
        at = at.scope.level;
      }
    }
    if (at.read(place) !== undefined) {
      this.hasDead = true;
      this.#mustSweep = true;
    }
    at.nullify(place);
    part.errors.push(error);
  }

  /** Nobody wants its values any more. */
  cancel(part: Part): void {
    part.isCancelled = true;
    this.#started.delete(part);
    this.hasDead = true;
    this.#mustSweep = true;
  }

  /** Nothing is resolved or waited for any more. @returns once all iterators are closed */
  async end(reason?: unknown): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    this.args.externalAbortSignal?.removeEventListener('abort', this.#abort);
    this.signals.end(reason);
    this.#scopes.length = 0;
    this.#waiting.clear();
    const open = [...this.#feeds, ...this.streams];
    this.#feeds.clear();
    this.streams.clear();
    await Promise.all(open.map(({ source }) => source.close()));
  }

  readonly #abort = (): void => {
    const reason: unknown = this.args.externalAbortSignal?.reason;
    this.aborted = { reason };
    for (const level of this.#waiting) for (const place of level.open ?? []) this.fail(level, place, reason);
    void this.end(reason);
    this.onAbort(reason);
  };

  readonly #goOn = (): void => {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    if (this.isOver) return;
    for (const step of arrivals) step();
    this.run();
  };

  #resolve(): void {
    do {
      for (let scope = this.#scopes[0], next = 1; scope && !this.isOver; scope = this.#scopes[next++])
        this.#steps.resolve(this, scope);
      this.#scopes.length = 0;
      if (this.#mustSweep) this.#sweep();
    } while (!this.isOver && this.main.pending === 0 && !this.main.isDone && this.#steps.resolveNext(this));
  }

  /** @returns whether a part was done, after which others may have been started */
  #finish(): boolean {
    if (this.isOver) return false;
    const done = [...this.#started].filter((part) => part.pending === 0 || !part.wants(0));
    for (const part of done) {
      this.#started.delete(part);
      part.isDone = true;
      this.onDone(part);
    }
    return done.length > 0;
  }

  #open(level: Level, place: number): void {
    level.open ??= new Set();
    level.open.add(place);
    level.partOf(place).pending++;
    this.#waiting.add(level);
  }

  #close(level: Level, place: number): boolean {
    if (!level.open?.delete(place)) return false;
    level.partOf(place).pending--;
    if (level.open.size === 0) this.#waiting.delete(level);
    return true;
  }

  #settle(level: Level, place: number, step: () => void): void {
    if (!this.#close(level, place) || !level.isAlive(place)) return;
    try {
      step();
    } catch (error) {
      this.fail(level, place, error);
    }
  }

  #listen(promise: PromiseLike<unknown>, onValue: (value: unknown) => void, onError: (reason: unknown) => void): void {
    const native = promise instanceof Promise ? promise : Promise.resolve(promise);
    native.then(
      (value) => this.arrive(() => onValue(value)),
      (reason) => this.arrive(() => onError(reason)),
    );
  }

  /** Stops to wait for what nobody will see. */
  #sweep(): void {
    this.#mustSweep = false;
    for (const level of this.#waiting)
      for (const place of level.open ?? []) if (!level.isAlive(place)) this.#close(level, place);
    for (const feed of this.#feeds) {
      if (feed.level.isAlive(feed.place)) continue;
      this.#feeds.delete(feed);
      void feed.source.close();
    }
  }
}
