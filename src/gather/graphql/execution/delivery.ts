import { type GraphQLError, locatedError } from 'graphql';
import { completeElements } from './complete.ts';
import type { Execution } from './execution.ts';
import type { Event, Format } from './format.ts';
import type { Part } from './part.ts';
import { Level, Scope } from './scope.ts';
import type { Selection } from './selection.ts';
import { BurstPart, type Fragment, type Stream, Task } from './work.ts';

/** What the client learns of at one time. */
interface News {
  readonly fragments: readonly Fragment[];
  readonly streams: readonly Stream[];
}

interface Request<Later> {
  resolve(result: IteratorResult<Later, void>): void;
  reject(reason: unknown): void;
}

/**
 * The parts of a response after the first result, in their order. Nothing of them is executed before the first is asked for,
 * and no more of a list is read than is asked for. Return it, or read it to its end.
 */
export class Delivery<Later> implements AsyncGenerator<Later, void, void> {
  /** What the first result announces. */
  readonly news: News;
  readonly #execution: Execution;
  readonly #format: Format<unknown, Later>;
  /** What the client waits for. */
  readonly #open = new Set<Fragment | Stream>();
  /** Streams of which all elements so far are delivered. */
  readonly #idle = new Set<Stream>();
  #events: Event[] = [];
  /** Of the parts in these events, and of those that are never delivered. */
  #readyBytes = 0;
  readonly #requests: Request<Later>[] = [];
  #isStarted = false;
  #isOver = false;
  #isScheduled = false;
  #failure: { readonly reason: unknown } | undefined;

  constructor(execution: Execution, format: Format<unknown, Later>) {
    this.#execution = execution;
    this.#format = format;
    this.news = this.#take(execution.main);
    execution.listen(
      (part) => this.#onDone(part),
      (reason) => this.#fail(reason),
    );
  }

  next(): Promise<IteratorResult<Later, void>> {
    if (this.#failure) {
      const { reason } = this.#failure;
      this.#failure = undefined;
      return Promise.reject(reason);
    }
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    const result = new Promise<IteratorResult<Later, void>>((resolve, reject) => {
      this.#requests.push({ resolve, reject });
    });
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#start(this.news);
      this.#execution.run();
    }
    this.#schedule();
    return result;
  }

  async return(): Promise<IteratorResult<Later, void>> {
    await this.#end();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<Later, void>> {
    await this.#end();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  /** Takes what is to be delivered after a part. @returns what the client can be told of now */
  #take(part: Part): News {
    const begun: Fragment[] = [];
    for (const fragment of part.newFragments) {
      if (!fragment.parent) begun.push(fragment);
      else if (!fragment.parent.isOver) fragment.parent.children.push(fragment);
    }
    for (const task of part.newTasks) if (task.scope.isAlive(task.index)) this.#addTask(task);
    const streams = part.newStreams.filter((stream) => {
      const isAlive = stream.level.isAlive(stream.place);
      if (!isAlive) this.#close(stream);
      return isAlive;
    });
    return { fragments: withTasks(begun), streams };
  }

  #addTask(task: Task): void {
    for (const fragment of task.fragments) {
      if (fragment.isOver) continue;
      fragment.tasks.add(task);
      fragment.pending++;
    }
    if (task.fragments.some(({ isAnnounced, isOver }) => isAnnounced && !isOver)) this.#startTasks([task]);
  }

  #announce(news: News): void {
    if (news.fragments.length === 0 && news.streams.length === 0) return;
    this.#events.push({ kind: 'announced', ...news });
    this.#start(news);
  }

  #start({ fragments, streams }: News): void {
    for (const fragment of fragments) {
      fragment.isAnnounced = true;
      this.#open.add(fragment);
    }
    this.#startTasks(fragments.flatMap(({ tasks }) => [...tasks]).filter(({ answer }) => !answer));
    for (const fragment of fragments) {
      const failed = [...fragment.tasks].find(({ failure }) => failure);
      if (failed?.failure) this.#failFragment(fragment, failed.failure);
      else if (fragment.pending === 0) this.#finishFragment(fragment);
    }
    for (const stream of streams) {
      this.#open.add(stream);
      this.#pull(stream);
    }
  }

  /** Those of the same selection are resolved together. */
  #startTasks(tasks: Iterable<Task>): void {
    const scopes = new Map<Selection, Map<Level | undefined, Scope>>();
    for (const task of tasks) {
      if (task.answer) continue;
      const { selection, index } = task;
      const { level, sources } = task.scope;
      const ofSelection = scopes.get(selection) ?? new Map<Level | undefined, Scope>();
      const scope = ofSelection.get(level) ?? new Scope(selection, level, undefined, []);
      scopes.set(selection, ofSelection.set(level, scope));
      task.answer = scope.add(task.scope.placeOf(index), sources[index]);
      scope.parts?.push(task);
      this.#execution.check(task);
    }
    for (const ofSelection of scopes.values()) for (const scope of ofSelection.values()) this.#execution.add(scope);
  }

  #onDone(part: Part): void {
    if (part instanceof Task) this.#onTask(part);
    else if (part instanceof BurstPart) this.#onBurst(part);
    this.#schedule();
  }

  #onTask(task: Task): void {
    if (task.isCancelled) return;
    const { failure } = task;
    if (failure) this.#readyBytes += task.bytes;
    if (!failure) task.streams = this.#take(task).streams;
    else for (const stream of task.newStreams) this.#close(stream);
    for (const fragment of task.fragments) {
      if (!failure) fragment.pending--;
      if (!fragment.isAnnounced || fragment.isOver) continue;
      if (failure) this.#failFragment(fragment, failure);
      else if (fragment.pending === 0) this.#finishFragment(fragment);
    }
  }

  #finishFragment(fragment: Fragment): void {
    const tasks = [...fragment.tasks].filter(({ isDelivered }) => !isDelivered);
    for (const task of tasks) {
      task.isDelivered = true;
      this.#readyBytes += task.bytes;
    }
    this.#forget(fragment);
    if (tasks.length > 0) this.#events.push({ kind: 'data', fragment, tasks });
    this.#events.push({ kind: 'ended', ended: fragment });
    this.#announce({ fragments: withTasks(fragment.children), streams: tasks.flatMap(({ streams }) => streams) });
  }

  #failFragment(fragment: Fragment, error: GraphQLError): void {
    this.#events.push({ kind: 'ended', ended: fragment, error });
    this.#drop(fragment);
  }

  /** Also what only it and the fragments inside it would deliver. */
  #drop(fragment: Fragment): void {
    this.#forget(fragment);
    for (const task of fragment.tasks) {
      if (task.isDelivered || task.fragments.some(({ isOver }) => !isOver)) continue;
      if (!task.failure) this.#readyBytes += task.bytes;
      this.#execution.cancel(task);
      for (const stream of [...task.newStreams, ...task.streams]) this.#close(stream);
    }
    for (const child of fragment.children) this.#drop(child);
  }

  #pull(stream: Stream): void {
    this.#idle.delete(stream);
    stream.source.pull(stream.burst, () => this.#execution.waits.arrive(() => this.#takeElements(stream)));
  }

  #takeElements(stream: Stream): void {
    if (stream.isOver) return;
    const elements = stream.source.take();
    const { level, place, usage } = stream;
    if (level.shape.kind !== 'list') throw new Error('Only lists are streamed.');
    const part = new BurstPart(stream, stream.next);
    stream.next += elements.length;
    const burst = { part, elements: part.elements, first: part.first };
    this.#execution.check(part);
    completeElements(
      this.#execution,
      new Level(level.scope, usage.field, level.shape.element, level, burst),
      place,
      elements,
      part.elements,
      part.first,
    );
  }

  #onBurst(part: BurstPart): void {
    const { stream, first, failure } = part;
    if (stream.isOver) return;
    this.#readyBytes += part.bytes;
    stream.grow(part, this.#execution.maxBytes);
    const news = this.#take(part);
    const { elements, errors } = part.delivered;
    if (elements.length > 0) this.#events.push({ kind: 'elements', stream, first, elements, errors });
    this.#announce(news);
    const { isDone, failure: broken } = stream.source;
    const error = failure ?? (broken && locatedError(broken.reason, stream.level.field.nodes, stream.path));
    if (!error && !isDone) {
      this.#idle.add(stream);
      return;
    }
    this.#events.push({ kind: 'ended', ended: stream, ...(error && { error }) });
    this.#close(stream);
  }

  #close(stream: Stream): void {
    this.#forget(stream);
    this.#execution.streams.delete(stream);
    void stream.source.close();
  }

  #forget(ended: Fragment | Stream): void {
    ended.isOver = true;
    this.#open.delete(ended);
  }

  /** What is done in the same run of the execution is delivered together. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#isOver || this.#events.length === 0) return;
    const request = this.#requests.shift();
    if (!request) return;
    const events = this.#events;
    this.#events = [];
    const hasNext = this.#open.size > 0;
    this.#execution.release(this.#readyBytes);
    this.#readyBytes = 0;
    request.resolve({ done: false, value: this.#format.later(events, hasNext) });
    if (!hasNext) void this.#end();
    for (const stream of this.#idle) this.#pull(stream);
  }

  #fail(reason: unknown): void {
    const request = this.#requests.shift();
    if (request) request.reject(reason);
    else this.#failure = { reason };
    void this.#end();
  }

  async #end(): Promise<void> {
    if (!this.#isOver) {
      this.#isOver = true;
      for (const { resolve } of this.#requests.splice(0)) resolve({ done: true, value: undefined });
    }
    await this.#execution.end();
  }
}

/** Fragments without data of their own are not announced, but those inside them are. */
function withTasks(fragments: readonly Fragment[]): Fragment[] {
  return fragments.flatMap((fragment) => {
    if (fragment.tasks.size > 0) return [fragment];
    fragment.isOver = true;
    return withTasks(fragment.children);
  });
}
