import type { ResponsePath } from 'graphql';
import type { Defer } from './collect.ts';
import type { Part } from './part.ts';
import type { Answer, Field, Selection } from './selection.ts';
import type { Shape } from './shape.ts';
import type { Fragment } from './work.ts';

/** A selection on many objects, which are resolved together: parallel arrays. */
export class Scope {
  readonly selection: Selection;
  /** Where the objects are; undefined for the root. */
  readonly level: Level | undefined;
  /** What resolvers get as the parent. */
  readonly sources: unknown[] = [];
  readonly answers: Answer[] = [];
  /** What all of them belong to, if it is one part. */
  readonly part: Part | undefined;
  /** If a part begins at each object. */
  readonly parts: Part[] | undefined;
  /** The fragments that begin at its objects. */
  #fragments: Map<Defer, Fragment[]> | undefined;
  /** The place of each object in its level; undefined as long as each place is the number of its object. */
  #places: number[] | undefined;
  readonly #paths: (ResponsePath | undefined)[] = [];
  #indexes: number[] = [];

  constructor(selection: Selection, level: Level | undefined, part: Part | undefined, parts?: Part[]) {
    this.selection = selection;
    this.level = level;
    this.part = part;
    this.parts = parts;
  }

  /** @returns the object of the response */
  add(place: number, source: unknown): Answer {
    const answer = this.selection.createAnswer();
    if (place !== this.sources.length) this.#places ??= [...this.indexes];
    this.#places?.push(place);
    this.sources.push(source);
    this.answers.push(answer);
    return answer;
  }

  /** The place of an object in its level. */
  placeOf(index: number): number {
    return this.#places ? (this.#places[index] as number) : index;
  }

  /** The numbers of its objects. */
  get indexes(): readonly number[] {
    if (this.#indexes.length !== this.sources.length) this.#indexes = this.sources.map((_, index) => index);
    return this.#indexes;
  }

  fragmentOf(defer: Defer, index: number): Fragment | undefined {
    return this.#fragments?.get(defer)?.[index];
  }

  addFragment(defer: Defer, index: number, fragment: Fragment): void {
    this.#fragments ??= new Map();
    const fragments = this.#fragments.get(defer) ?? [];
    fragments[index] = fragment;
    this.#fragments.set(defer, fragments);
  }

  partOf(index: number): Part {
    return this.part ?? this.parts?.[index] ?? (this.level as Level).partOf(this.placeOf(index));
  }

  /** Whether no place around the object became null. */
  isAlive(index: number): boolean {
    if (this.parts) return (this.parts[index] as Part).wants(0);
    return this.level ? this.level.isAlive(this.placeOf(index)) : (this.part as Part).wants(0);
  }

  pathOf(index: number): ResponsePath | undefined {
    if (!this.level) return undefined;
    this.#paths[index] ??= this.level.pathOf(this.placeOf(index));
    return this.#paths[index];
  }
}

/** Elements of a list that are a part of their own. */
export interface Burst {
  readonly part: Part;
  readonly elements: unknown[];
  /** The position of the first of them in the list. */
  readonly first: number;
}

/** A place that becomes null by an error. */
interface Nullable {
  readonly level: Level;
  readonly place: number;
  /** There is none in the part: all of it fails, or its elements from this position on. */
  readonly isPart?: boolean;
}

/** Elements that follow one another in a list, and so do their places. */
interface Run {
  /** The place of the list. */
  readonly list: number;
  /** The place of the first. */
  readonly first: number;
  /** What is added to a place to get the index in the list. */
  readonly offset: number;
}

/**
 * The places of one field, or of the elements of its lists at one depth. The places of a field have the numbers of its parents
 * in the scope, those of elements are numbered as they come.
 */
export class Level {
  readonly scope: Scope;
  readonly field: Field;
  readonly shape: Shape;
  /** The level of the lists, if these are elements. */
  readonly lists: Level | undefined;
  /** What all of the places belong to, if it is one part. */
  readonly part: Part | undefined;
  readonly burst: Burst | undefined;
  /** Places that are waited for. */
  open: Set<number> | undefined;
  /** The scopes of its objects that are not resolved yet, and still take more. */
  scopes: Scope[] | undefined;
  /** Places that became null by an error. */
  #nulled: Set<number> | undefined;
  #elements: Level | undefined;
  readonly #runs: Run[] = [];
  /** How many elements were added. */
  #size = 0;

  constructor(scope: Scope, field: Field, shape: Shape, lists?: Level, burst?: Burst) {
    this.scope = scope;
    this.field = field;
    this.shape = shape;
    this.lists = lists;
    this.part = burst?.part ?? (lists ? lists.part : scope.part);
    this.burst = burst;
  }

  /** The level of the elements of its lists. */
  get elements(): Level {
    if (this.#elements) return this.#elements;
    if (this.shape.kind !== 'list') throw new Error('Only lists have elements.');
    this.#elements = new Level(this.scope, this.field, this.shape.element, this);
    return this.#elements;
  }

  /** The scope that takes another object of a selection; a new one if there is none. */
  scopeOf(selection: Selection, onNew: (scope: Scope) => void): Scope {
    this.scopes ??= [];
    for (const scope of this.scopes) if (scope.selection === selection) return scope;
    const scope = new Scope(selection, this, this.part);
    this.scopes.push(scope);
    onNew(scope);
    return scope;
  }

  /**
   * Adds elements of a list.
   * @param position of the first of them in the list
   * @returns the place of the first; those of the others follow
   */
  add(list: number, position: number, count: number): number {
    const first = this.#size;
    this.#size += count;
    const offset = position - first;
    const last = this.#runs.at(-1);
    if (last?.list !== list || last.offset !== offset) this.#runs.push({ list, first, offset });
    return first;
  }

  read(place: number): unknown {
    if (this.burst) return this.burst.elements[this.#positionOf(place) - this.burst.first];
    if (this.lists) return (this.lists.read(this.#listOf(place)) as unknown[])[this.#positionOf(place)];
    return (this.scope.answers[place] as Answer)[this.field.key];
  }

  write(place: number, value: unknown): void {
    if (this.burst) this.burst.elements[this.#positionOf(place) - this.burst.first] = value;
    else if (this.lists) {
      const list = this.lists.read(this.#listOf(place)) as unknown[] | null;
      if (list) list[this.#positionOf(place)] = value;
    } else (this.scope.answers[place] as Answer)[this.field.key] = value;
  }

  /** Nothing below the place is wanted any more. */
  nullify(place: number): void {
    this.#nulled ??= new Set();
    this.#nulled.add(place);
    this.write(place, null);
  }

  /** The nearest place around one, or itself, that may be null. @param isWhole for its whole part instead */
  nullableAround(place: number, isWhole = false): Nullable {
    if (!this.shape.isNonNull && !isWhole) return { level: this, place };
    if (this.burst) return { level: this, place: this.#positionOf(place), isPart: true };
    if (this.lists) return this.lists.nullableAround(this.#listOf(place), isWhole);
    const { scope } = this;
    if (scope.parts || !scope.level) return { level: this, place: 0, isPart: true };
    return scope.level.nullableAround(scope.placeOf(place), isWhole);
  }

  isAlive(place: number): boolean {
    if (this.#nulled?.has(place)) return false;
    if (this.burst) return this.burst.part.wants(this.#positionOf(place));
    return this.lists ? this.lists.isAlive(this.#listOf(place)) : this.scope.isAlive(place);
  }

  partOf(place: number): Part {
    return this.part ?? (this.lists ? this.lists.partOf(this.#listOf(place)) : this.scope.partOf(place));
  }

  /** The number of the field's parent in the scope. */
  parentOf(place: number): number {
    return this.lists ? this.lists.parentOf(this.#listOf(place)) : place;
  }

  pathOf(place: number): ResponsePath {
    if (this.lists)
      return {
        prev: this.lists.pathOf(this.#listOf(place)),
        key: this.#positionOf(place),
        typename: undefined,
      };
    return { prev: this.scope.pathOf(place), key: this.field.key, typename: this.field.parentType.name };
  }

  /** The place of the list that has an element. */
  #listOf(place: number): number {
    return this.#runOf(place).list;
  }

  /** The index of an element in its list. */
  #positionOf(place: number): number {
    return place + this.#runOf(place).offset;
  }

  /** The last run that begins at this place or before. */
  #runOf(place: number): Run {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#runs[middle] as Run).first <= place) low = middle;
      else high = middle - 1;
    }
    return this.#runs[low] as Run;
  }
}
