import type { GraphQLFieldResolver } from 'graphql';
import { complete } from './complete.ts';
import { defer } from './defer.ts';
import type { Execution } from './execution.ts';
import { ignore, isPromiseLike } from './promises.ts';
import { Level, type Scope } from './scope.ts';
import type { Answer, Arguments, Field, ResolveAll } from './selection.ts';
import { isCoerced } from './shape.ts';
import { bytesOf } from './size.ts';

/** Resolves the fields of a scope, one after the other, each for all objects. */
export function resolve(execution: Execution, scope: Scope): void {
  // From now on, objects that come late are another scope.
  if (scope.level?.scopes) scope.level.scopes = scope.level.scopes.filter((it) => it !== scope);
  defer(scope);
  for (const field of scope.selection.fields) resolveField(execution, scope, field);
}

/** Resolves a field for all objects of a scope. */
export function resolveField(execution: Execution, scope: Scope, field: Field): void {
  if (execution.isOver) return;
  const resolver = field.resolve ?? execution.fieldResolver;
  if (!resolver && !field.resolveAll) {
    copyProperties(execution, scope, field);
    return;
  }
  const level = new Level(scope, field, field.shape);
  let args: Arguments;
  try {
    args = execution.argumentsOf(field);
  } catch (error) {
    for (const index of scope.sources.keys()) execution.fail(level, index, error);
    return;
  }
  if (field.resolveAll) resolveTogether(execution, level, args, field.resolveAll);
  else if (resolver) callResolver(execution, level, args, resolver);
}

/** Resolves a field by the property of its name, a method of which is called. */
function copyProperties(execution: Execution, scope: Scope, field: Field): void {
  const { sources, answers } = scope;
  const { key, keyBytes, name, shape } = field;
  const coerced = shape.kind === 'leaf' ? shape.coerced : undefined;
  let level: Level | undefined;
  for (let index = 0; index < sources.length; index++) {
    if (execution.hasDead && !scope.isAlive(index)) continue;
    const source = sources[index];
    try {
      const isObject = (typeof source === 'object' && source !== null) || typeof source === 'function';
      let value = isObject ? (source as Answer)[name] : undefined;
      if (coerced && isCoerced(coerced, value)) {
        execution.count(scope.part ?? scope.partOf(index), keyBytes + bytesOf(value));
        (answers[index] as Answer)[key] = value;
        continue;
      }
      level ??= new Level(scope, field, shape);
      if (typeof value === 'function') value = callMethod(execution, level, index);
      // A method may have aborted it.
      if (execution.isOver) {
        ignore(value);
        return;
      }
      const completed = complete(execution, level, index, value);
      if (completed !== undefined) (answers[index] as Answer)[key] = completed;
    } catch (error) {
      level ??= new Level(scope, field, shape);
      execution.fail(level, index, error);
    }
  }
}

function callMethod(execution: Execution, level: Level, index: number): unknown {
  const source = level.scope.sources[index] as Record<string, (...args: unknown[]) => unknown>;
  const { contextValue } = execution.args;
  const args = execution.argumentsOf(level.field);
  return source[level.field.name]?.(args, contextValue, execution.infoOf(level, index));
}

function callResolver(
  execution: Execution,
  level: Level,
  args: Arguments,
  resolver: GraphQLFieldResolver<unknown, unknown>,
): void {
  const { scope } = level;
  const { sources, answers } = scope;
  const { contextValue } = execution.args;
  const { key } = level.field;
  for (let index = 0; index < sources.length; index++) {
    if (execution.hasDead && !scope.isAlive(index)) continue;
    try {
      const value = resolver(sources[index], args, contextValue, execution.infoOf(level, index));
      const completed = complete(execution, level, index, value);
      if (completed !== undefined) (answers[index] as Answer)[key] = completed;
    } catch (error) {
      execution.fail(level, index, error);
    }
    // A resolver may have aborted it.
    if (execution.isOver) return;
  }
}

function resolveTogether(execution: Execution, level: Level, args: Arguments, resolveAll: ResolveAll): void {
  const { sources, indexes } = level.scope;
  const places = execution.hasDead ? indexes.filter((place) => level.isAlive(place)) : indexes;
  const [first] = places;
  if (first === undefined) return;
  const parents = places.length === sources.length ? sources : places.map((place) => sources[place]);
  const fail = (error: unknown) => {
    for (const place of places) execution.fail(level, place, error);
  };
  const use = (values: unknown) => {
    if (!Array.isArray(values) || values.length !== places.length) {
      ignore(values);
      return fail(new Error(`Expected ${places.length} values for ${level.field.parentType}.${level.field.name}.`));
    }
    for (let index = 0; index < places.length; index++)
      completeLater(execution, level, places[index] as number, values[index]);
  };
  try {
    const values = resolveAll(parents, args, execution.args.contextValue, execution.infoOf(level, first));
    if (isPromiseLike(values)) execution.waits.addAll(level, places, values, use);
    else use(values);
  } catch (error) {
    fail(error);
  }
}

function completeLater(execution: Execution, level: Level, place: number, value: unknown): void {
  if (execution.hasDead && !level.isAlive(place)) {
    ignore(value);
    return;
  }
  try {
    const completed = complete(execution, level, place, value);
    if (completed !== undefined) level.write(place, completed);
  } catch (error) {
    execution.fail(level, place, error);
  }
}
