import { defaultTypeResolver, type GraphQLAbstractType, GraphQLError, type GraphQLObjectType } from 'graphql';
import { AsyncSource, SyncSource } from './element-sources.ts';
import type { Execution } from './execution.ts';
import { printValue } from './print-value.ts';
import { ignore, isPromiseLike } from './promises.ts';
import type { Level } from './scope.ts';
import type { Answer } from './selection.ts';
import { isCoerced } from './shape.ts';
import { bytesOf, ELEMENT_BYTES } from './size.ts';
import { type ElementSource, Stream } from './work.ts';

/**
 * Completes the value of a place.
 * @returns what is to be written there; undefined if that is done, or comes later
 * @throws the error of the field
 */
export function complete(execution: Execution, level: Level, place: number, value: unknown): unknown {
  const { shape } = level;
  if (isPromiseLike(value)) return execution.waits.add(level, place, value, complete);
  if (value instanceof Error) throw value;
  const keyBytes = level.lists ? ELEMENT_BYTES : level.field.keyBytes;
  if (value === null || value === undefined) {
    if (shape.isNonNull) throw nullError(level);
    execution.count(level.partOf(place), keyBytes + bytesOf(null));
    return null;
  }
  if (shape.kind === 'leaf') {
    const coerced = isCoerced(shape.coerced, value) ? value : coerce(shape.type, value);
    execution.count(level.partOf(place), keyBytes + bytesOf(coerced));
    return coerced;
  }
  execution.count(level.partOf(place), keyBytes);
  switch (shape.kind) {
    case 'list':
      return completeList(execution, level, place, value);
    case 'object':
      return completeObject(execution, level, place, value, shape.type);
    case 'abstract':
      return completeAbstract(execution, level, place, value, shape.type);
  }
}

/** Completes elements of a list, and writes them into it. */
export function completeElements(
  execution: Execution,
  level: Level,
  list: number,
  elements: readonly unknown[],
  into: unknown[],
  first: number,
): void {
  const { shape, burst } = level;
  const start = burst ? 0 : first;
  // A type of the application may change the list meanwhile.
  const { length } = elements;
  // Room for all, also for those whose values come later.
  if (into.length < start + length) into.length = start + length;
  const firstPlace = level.add(list, first, length);
  for (let index = 0; index < length; index++) {
    const place = firstPlace + index;
    try {
      const completed = complete(execution, level, place, elements[index]);
      if (completed !== undefined) into[start + index] = completed;
    } catch (error) {
      execution.fail(level, place, error);
      if (shape.isNonNull && execution.args.errorPropagation && !level.isAlive(place)) {
        ignore(elements.slice(index + 1));
        return;
      }
    }
  }
}

function coerce(type: { coerceOutputValue(value: unknown): unknown }, value: unknown): unknown {
  const coerced = type.coerceOutputValue(value);
  if (coerced === null || coerced === undefined)
    throw new Error(
      `Expected \`${type}.coerceOutputValue(${printValue(value)})\` to return non-nullable value, returned: ${coerced}`,
    );
  return coerced;
}

function completeList(execution: Execution, level: Level, place: number, value: unknown): undefined {
  const isAsync = isAsyncIterable(value);
  if (!isAsync && !isIterable(value)) {
    const { parentType, name } = level.field;
    throw new GraphQLError(`Expected Iterable, but did not find one for field "${parentType}.${name}".`);
  }
  const stream = level.lists ? undefined : level.field.stream;
  const isWhole = Array.isArray(value) && !stream;
  // An array that grows takes two to three times as long as one of the right size.
  const into: unknown[] = new Array(isWhole ? value.length : 0);
  level.write(place, into);
  const add = (elements: readonly unknown[], first = into.length) =>
    completeElements(execution, level.elements, place, elements, into, first);
  const later = (source: ElementSource) => stream && startStream(execution, new Stream(stream, level, place, source));
  if (isWhole) add(value, 0);
  else if (isAsync) {
    const source = new AsyncSource(value[Symbol.asyncIterator]());
    if (stream?.initialCount === 0) later(source);
    else execution.waits.addFeed({ level, place, source }, add, stream?.initialCount, () => later(source));
  } else {
    // Those that are taken later may reject before.
    if (stream && (Array.isArray(value) || value instanceof Set)) ignore(value);
    const source = new SyncSource(value[Symbol.iterator]());
    source.pull(stream?.initialCount ?? Number.POSITIVE_INFINITY, () => {});
    add(source.take());
    if (source.failure) throw source.failure.reason;
    if (!source.isDone) later(source);
  }
}

function startStream(execution: Execution, stream: Stream): void {
  execution.streams.add(stream);
  stream.level.partOf(stream.place).newStreams.push(stream);
}

function completeAbstract(
  execution: Execution,
  level: Level,
  place: number,
  value: unknown,
  abstractType: GraphQLAbstractType,
): unknown {
  const completeAs = (name: unknown) =>
    completeObject(execution, level, place, value, level.field.runtimeType(name, abstractType, value));
  const { contextValue, typeResolver } = execution.args;
  const resolveType = abstractType.resolveType ?? typeResolver;
  const known = resolveType === defaultTypeResolver && (value as { __typename?: unknown }).__typename;
  if (typeof known === 'string') return completeAs(known);
  const name: unknown = resolveType(value, contextValue, execution.infoOf(level, place), abstractType);
  return isPromiseLike(name)
    ? execution.waits.add(level, place, name, (_, __, ___, it) => completeAs(it))
    : completeAs(name);
}

function completeObject(
  execution: Execution,
  level: Level,
  place: number,
  value: unknown,
  type: GraphQLObjectType,
): Answer | undefined {
  if (!type.isTypeOf) return addObject(execution, level, place, value, type);
  const add = (isOfType: unknown) => {
    if (isOfType) return addObject(execution, level, place, value, type);
    const message = `Expected value of type "${type}" but got: ${printValue(value)}.`;
    throw new GraphQLError(message, { nodes: level.field.nodes });
  };
  const isOfType = type.isTypeOf(value, execution.args.contextValue, execution.infoOf(level, place));
  if (!isPromiseLike(isOfType)) return add(isOfType);
  execution.waits.add(level, place, isOfType, (_, __, ___, it) => add(it));
  return undefined;
}

function addObject(execution: Execution, level: Level, place: number, value: unknown, type: GraphQLObjectType): Answer {
  return level.scopeOf(level.field.selectionOf(type), execution.add).add(place, value);
}

function nullError({ field }: Level): Error {
  return new Error(`Cannot return null for non-nullable field ${field.parentType}.${field.name}.`);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof (value as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator] === 'function';
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function';
}
