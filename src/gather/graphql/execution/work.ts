import { type GraphQLError, responsePathAsArray } from 'graphql';
import { Part } from './part.ts';
import type { Level, Scope } from './scope.ts';
import type { Answer, Selection, StreamUsage } from './selection.ts';

/** A @defer on one object. */
export class Fragment {
  readonly label: string | undefined;
  readonly scope: Scope;
  /** The number of the object in the scope. */
  readonly index: number;
  /** The @defer around it. */
  readonly parent: Fragment | undefined;
  readonly children: Fragment[] = [];
  readonly tasks = new Set<Task>();
  /** Tasks that are not done. */
  pending = 0;
  /** The client knows of it. */
  isAnnounced = false;
  /** Delivered or failed. */
  isOver = false;

  constructor(label: string | undefined, scope: Scope, index: number, parent: Fragment | undefined) {
    this.label = label;
    this.scope = scope;
    this.index = index;
    this.parent = parent;
  }

  get path(): readonly (string | number)[] {
    return responsePathAsArray(this.scope.pathOf(this.index));
  }
}

/** A deferred selection of one object. Several fragments may share it. */
export class Task extends Part {
  readonly fragments: readonly Fragment[];
  readonly selection: Selection;
  /** Where its object is. */
  readonly scope: Scope;
  readonly index: number;
  /** Its data, once it is started. */
  answer: Answer | undefined;
  isDelivered = false;
  /** Streams that the client learns of with its data. */
  streams: readonly Stream[] = [];

  constructor(fragments: readonly Fragment[], selection: Selection, scope: Scope, index: number) {
    super();
    this.fragments = fragments;
    this.selection = selection;
    this.scope = scope;
    this.index = index;
  }

  get path(): readonly (string | number)[] {
    return responsePathAsArray(this.scope.pathOf(this.index));
  }
}

/** Most elements of the first burst of a stream, so that the client soon has some. */
const FIRST_BURST = 16;
/** Most elements of a later burst: a list may have no end. */
const MAX_BURST = 1000;
/** A burst is at most so many times as large as the one before. */
const GROWTH = 4;

/** The rest of a list. */
export class Stream {
  readonly usage: StreamUsage;
  readonly level: Level;
  /** The place of the list. */
  readonly place: number;
  readonly source: ElementSource;
  /** Position of the next element. */
  next: number;
  /** How many elements at most are completed together next. */
  burst = FIRST_BURST;
  /** Delivered or failed. */
  isOver = false;

  constructor(usage: StreamUsage, level: Level, place: number, source: ElementSource) {
    this.usage = usage;
    this.level = level;
    this.place = place;
    this.source = source;
    this.next = usage.initialCount;
  }

  get path(): readonly (string | number)[] {
    return responsePathAsArray(this.level.pathOf(this.place));
  }

  /** Chooses the size of the next burst by that of the last one. @param maxBytes of a part */
  grow({ bytes, elements }: BurstPart, maxBytes: number): void {
    if (elements.length === 0) return;
    const fitting = Math.floor((maxBytes / GROWTH / bytes) * elements.length);
    this.burst = Math.max(1, Math.min(MAX_BURST, this.burst * GROWTH, fitting));
  }
}

/** Where the elements of a list come from, in bursts: those that are there in the same turn. */
export interface ElementSource {
  /** Whether no more elements will come. */
  readonly isDone: boolean;
  /** Why no more elements will come, if not because they ended. */
  readonly failure: { readonly reason: unknown } | undefined;
  /** Asks for up to `max` elements, and calls back once there are some, or none will come; maybe at once. */
  pull(max: number, onReady: () => void): void;
  /** Takes the elements that are there, and asks for no more. */
  take(): unknown[];
  /** Closes the iterator. Never rejects. */
  close(): Promise<void>;
}

/** Some elements of a stream. */
export class BurstPart extends Part {
  /** The elements before it told how many fit into a part, but these may be larger. */
  override readonly allowance = GROWTH;
  readonly stream: Stream;
  readonly first: number;
  readonly elements: unknown[] = [];
  #failedAt = Number.POSITIVE_INFINITY;

  constructor(stream: Stream, first: number) {
    super();
    this.stream = stream;
    this.first = first;
  }

  override wants(position: number): boolean {
    return !this.isCancelled && position < this.#failedAt;
  }

  /** The elements before it are still delivered. */
  override fail(error: GraphQLError, position: number): void {
    if (position >= this.#failedAt) return;
    this.#failedAt = position;
    this.failure = error;
  }

  /** What is delivered of it: the elements before one that failed. */
  get delivered(): { readonly elements: readonly unknown[]; readonly errors: readonly GraphQLError[] } {
    if (!this.failure) return this;
    const depth = this.stream.path.length;
    return {
      elements: this.elements.slice(0, this.#failedAt - this.first),
      errors: this.errors.filter(({ path }) => Number(path?.[depth]) < this.#failedAt),
    };
  }
}
