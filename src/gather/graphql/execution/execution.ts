import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  locatedError,
  responsePathAsArray,
  type ValidatedExecutionArgs,
} from 'graphql';
import { ResolveInfo } from './info.ts';
import { Part } from './part.ts';
import type { Level, Scope } from './scope.ts';
import type { Arguments, Field } from './selection.ts';
import { Signals } from './signals.ts';
import { bytesOfError, type SizeLimit } from './size.ts';
import { Waits } from './waits.ts';
import type { Stream } from './work.ts';

/** How scopes are resolved. */
export interface Steps {
  resolve(execution: Execution, scope: Scope): void;
  /** Resolves the next field of a mutation. @returns false if there is none */
  resolveNext(execution: Execution): boolean;
}

const ENDED = Promise.resolve();

/** The state of one execution: what is to be resolved, what is waited for, and what went wrong. End it. */
export class Execution {
  readonly args: ValidatedExecutionArgs;
  /** Undefined for the default resolver. */
  readonly fieldResolver: GraphQLFieldResolver<unknown, unknown> | undefined;
  readonly waits = new Waits(this);
  /** The first result. */
  readonly main = new Part();
  /** Streams that are not at their end. */
  readonly streams = new Set<Stream>();
  /** Some object or list became null by what is below it. As long as there is none, nothing needs to be checked. */
  hasDead = false;
  isOver = false;
  /** Why it was aborted, if it was. */
  aborted: { readonly reason: unknown } | undefined;
  #onDone: (part: Part) => void = () => {};
  #onAbort: (reason: unknown) => void = () => {};
  readonly #limit: SizeLimit | undefined;
  /** The error of what does not fit. */
  #excess: unknown;
  /** Bytes of the parts after the first result that the client does not have. */
  #undelivered = 0;
  readonly #steps: Steps;
  readonly #signals = new Signals();
  readonly #arguments = new Map<Field, Arguments>();
  #scopes: Scope[] = [];
  readonly #toCheck = new Set<Part>();
  #mustSweep = false;
  #isRunning = false;

  constructor(args: ValidatedExecutionArgs, steps: Steps, limit: SizeLimit | undefined) {
    this.args = args;
    this.#limit = limit;
    this.fieldResolver = args.fieldResolver === defaultFieldResolver ? undefined : args.fieldResolver;
    this.#steps = steps;
    args.externalAbortSignal?.addEventListener('abort', this.#abort);
  }

  /**
   * @param onDone called when everything of a part is known
   * @param onAbort called after the signal has aborted, when all that was waited for has failed
   */
  listen(onDone: (part: Part) => void, onAbort: (reason: unknown) => void): void {
    this.#onDone = onDone;
    this.#onAbort = onAbort;
  }

  infoOf(level: Level, place: number): ResolveInfo {
    return new ResolveInfo(this.args, this.#signals, level.scope, level.field, level.parentOf(place));
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

  /** It may be done: that is seen at the end of the run. */
  check(part: Part): void {
    this.#toCheck.add(part);
  }

  readonly add = (scope: Scope): void => {
    this.#scopes.push(scope);
  };

  /** Resolves scopes until nothing is left but what is waited for. */
  run(): void {
    if (this.#isRunning || this.isOver) return;
    this.#isRunning = true;
    do this.#resolve();
    while (this.#finish());
    this.#isRunning = false;
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
    if (this.#limit && !this.#fits(part, bytes, this.#limit)) throw this.#exceed(this.#limit);
  }

  /** Bytes of later parts are delivered, or never will be: they do not count any more. */
  release(bytes: number): void {
    this.#undelivered = Math.max(0, this.#undelivered - bytes);
  }

  /** All parts that are delivered together count together. */
  #fits(part: Part, bytes: number, { maxBytes }: SizeLimit): boolean {
    part.bytes += bytes;
    if (part !== this.main) this.#undelivered += bytes;
    return Math.max(part.bytes, part === this.main ? 0 : this.#undelivered) <= maxBytes * part.allowance;
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
    if (this.#limit && !this.#fits(part, bytesOfError(error), this.#limit) && !isExcess) {
      this.fail(level, place, this.#exceed(this.#limit));
      return;
    }
    const nullable = isExcess || this.args.errorPropagation ? level.nullableAround(place, isExcess) : { level, place };
    if (nullable.isPart || nullable.level !== level || nullable.level.read(nullable.place) !== undefined) this.#bury();
    if (nullable.isPart) {
      part.fail(error, nullable.place);
      this.check(part);
    } else {
      nullable.level.nullify(nullable.place);
      part.errors.push(error);
    }
  }

  /** Nobody wants its values any more. */
  cancel(part: Part): void {
    part.isCancelled = true;
    this.#bury();
  }

  /** Nothing is resolved or waited for any more. @returns once all iterators are closed */
  end(reason?: unknown): Promise<unknown> {
    if (this.isOver) return ENDED;
    this.isOver = true;
    this.args.externalAbortSignal?.removeEventListener('abort', this.#abort);
    this.#signals.end(reason);
    this.#scopes = [];
    const open = [...this.waits.end(), ...[...this.streams].map(({ source }) => source)];
    this.streams.clear();
    return open.length > 0 ? Promise.all(open.map((source) => source.close())) : ENDED;
  }

  readonly #abort = (): void => {
    const reason: unknown = this.args.externalAbortSignal?.reason;
    this.aborted = { reason };
    this.waits.failAll(reason);
    void this.end(reason);
    this.#onAbort(reason);
  };

  #bury(): void {
    this.hasDead = true;
    this.#mustSweep = true;
  }

  #resolve(): void {
    do {
      for (let scope = this.#scopes[0], next = 1; scope && !this.isOver; scope = this.#scopes[next++])
        this.#steps.resolve(this, scope);
      this.#scopes = [];
      if (this.#mustSweep) this.waits.sweep();
      this.#mustSweep = false;
    } while (!this.isOver && this.main.pending === 0 && !this.main.isDone && this.#steps.resolveNext(this));
  }

  /** @returns whether a part was done, after which others may have been started */
  #finish(): boolean {
    if (this.isOver) return false;
    const done = [...this.#toCheck].filter((part) => !part.isDone && (part.pending === 0 || !part.wants(0)));
    this.#toCheck.clear();
    for (const part of done) {
      part.isDone = true;
      this.#onDone(part);
    }
    return done.length > 0;
  }
}
