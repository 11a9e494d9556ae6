import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { GatherError } from '../errors.ts';
import { type Filter, operators, toOperatorName } from './filter.ts';
import type { Column } from './order.ts';
import type { Schema } from './schema.ts';
import { param, type Values } from './statement.ts';
import type { Row, TableDefinition } from './table-definition.ts';

const MAX_DEPTH = 20;
const MAX_CONDITIONS = 200;
/** Longest pattern, in characters, and longest list: PostgreSQL scans it for each row. */
const MAX_LENGTH = 1000;

/**
 * Which rows: all parts that are given must hold, so `{}` is every row. A GraphQL input goes straight in.
 *
 * A plain value stands for `{ eq: value }`. `undefined` is a part that is not given. So is `null`, except for a column
 * that may be null: there it asks for the rows without a value. `or: []` is no row, `and: []` every row. `not` is the
 * complement: a row whose column is null does not meet `{ pages: { lt: 100 } }`, so it meets the `not` of it.
 *
 * A part that is not given holds for every row, at any place: `{ or: [{ isbn: undefined }, …] }` is every row. Reads of
 * many rows accept such a part; changes, and reads of one row, refuse it: see `compileNarrowing`.
 */
export type Where<T extends keyof Schema> = {
  readonly [C in Column<T>]?: Row<T>[C] | Filter<Row<T>[C]> | null | undefined;
} & {
  readonly and?: readonly Where<T>[] | null | undefined;
  readonly or?: readonly Where<T>[] | null | undefined;
  readonly not?: Where<T> | null | undefined;
};

/** A compiled `Where`. */
interface CompiledWhere<T extends keyof Schema> {
  /** The structure without the values: equal shapes give equal conditions. `()` where nothing is asked. */
  shape: string;
  /** What the condition's params, `$w0`, `$w1`, …, stand for. */
  values: Values;
  condition: Condition<T>;
  /** The first part that holds for every possible row: `or.0.isbn`; `''` is the whole. */
  unsaid: string | undefined;
}

type Condition<T extends keyof Schema> = (eb: ExpressionBuilder<Schema, T>) => Expression<SqlBool>;

interface Part<T extends keyof Schema> extends Pick<CompiledWhere<T>, 'shape' | 'condition'> {
  /** What it is for every row, where that is known without a look at the rows. */
  truth: boolean | undefined;
}

type Path = readonly (string | number)[];

/**
 * Compiles a `Where` for a statement.
 * @throws INVALID_INPUT past 200 conditions or 20 levels of nesting, and where a pattern or a list is longer than 1,000
 */
export function compileWhere<T extends keyof Schema>(
  definition: TableDefinition<T>,
  where: Where<T>,
): CompiledWhere<T> {
  const compilation = new Compilation(definition);
  const { shape, condition } = compilation.compileGroup(where, [], 1);
  return { shape, condition, values: compilation.values, unsaid: compilation.unsaid };
}

/**
 * Compiles a `Where` for a statement that must not match every row because a value is missing: one that changes rows, or
 * finds one row. Each part must restrict the rows.
 * @throws INVALID_INPUT for a part that is undefined, null where null is no value, or holds for every row because it is
 *   empty: `{}`, `and: []`, `notIn: []`, `contains: ''`, and `not` of what holds for none. Also what `compileWhere` throws
 */
export function compileNarrowing<T extends keyof Schema>(
  definition: TableDefinition<T>,
  where: Where<T>,
): CompiledWhere<T> {
  const compiled = compileWhere(definition, where);
  if (compiled.unsaid === undefined) return compiled;
  const part = compiled.unsaid === '' ? 'the condition' : `its part ${compiled.unsaid}`;
  const message = `Expected a condition each part of which says which rows, but ${part} is absent, null or empty and holds for all of them.`;
  throw new GatherError('INVALID_INPUT', message);
}

class Compilation<T extends keyof Schema> {
  readonly values: Record<string, unknown> = {};
  unsaid: string | undefined;
  readonly #definition: TableDefinition<T>;
  #conditions = 0;
  #valueCount = 0;

  constructor(definition: TableDefinition<T>) {
    this.#definition = definition;
  }

  compileGroup(where: Where<T>, path: Path, depth: number): Part<T> {
    if (depth > MAX_DEPTH) throw tooMuch(`${MAX_DEPTH} levels of conditions`);
    const { and, or, not, ...columns } = where;
    const parts = Object.entries(columns).flatMap(([name, filter]) =>
      this.#compileColumn(name, filter, [...path, name]),
    );
    if (Object.hasOwn(where, 'and')) parts.push(...this.#compileList(and, all, [...path, 'and'], depth));
    if (Object.hasOwn(where, 'or')) parts.push(...this.#compileList(or, any, [...path, 'or'], depth));
    if (Object.hasOwn(where, 'not')) parts.push(...this.#compileNot(not, [...path, 'not'], depth));
    if (parts.length === 0) this.#count();
    return this.#noted(path, all(parts));
  }

  #compileList(
    groups: readonly Where<T>[] | null | undefined,
    combine: typeof all,
    path: Path,
    depth: number,
  ): Part<T>[] {
    if (!groups) return this.#notGiven(path);
    if (groups.length === 0) this.#count();
    const parts = groups.map((group, index) => this.compileGroup(group, [...path, index], depth + 1));
    return [this.#noted(path, combine(parts))];
  }

  #compileNot(group: Where<T> | null | undefined, path: Path, depth: number): Part<T>[] {
    if (!group) return this.#notGiven(path);
    return [this.#noted(path, complement(this.compileGroup(group, path, depth + 1)))];
  }

  #compileColumn(column: string, filter: unknown, path: Path): Part<T>[] {
    const { name, types } = this.#definition;
    if (!Object.hasOwn(types, column)) throw new Error(`Table ${name} has no column "${column}".`);
    if (!isFilter(filter)) return this.#compileOperation(column as Column<T>, 'eq', filter, path);
    const operations = Object.entries(filter);
    if (operations.length === 0) return this.#notGiven(path);
    return operations.flatMap(([operator, value]) =>
      this.#compileOperation(column as Column<T>, operator, value, [...path, operator]),
    );
  }

  #compileOperation(column: Column<T>, given: string, value: unknown, path: Path): Part<T>[] {
    const { name, types, nullable } = this.#definition;
    const operatorName = toOperatorName(given, value, nullable.includes(column));
    if (operatorName === undefined) return this.#notGiven(path);
    const operator = operators.get(operatorName);
    if (!operator || (operator.isForText && types[column] !== 'text')) {
      throw new Error(`Column "${column}" of table ${name}, of type ${types[column]}, has no operator "${given}".`);
    }
    this.#count();
    assertShort(value, operator.isForText === true);
    const shape = `${column}.${operatorName}`;
    if (operator.isUnary) {
      return [{ shape, truth: undefined, condition: () => operator.sql(sql.ref(column), undefined) }];
    }
    const valueName = `$w${this.#valueCount++}`;
    this.values[valueName] = operator.toValue ? operator.toValue(value) : value;
    const truth = operator.truthOf?.(value, nullable.includes(column));
    return [this.#noted(path, { shape, truth, condition: () => operator.sql(sql.ref(column), param(valueName)) })];
  }

  #notGiven(path: Path): [] {
    this.unsaid ??= path.join('.');
    return [];
  }

  #noted(path: Path, part: Part<T>): Part<T> {
    if (part.truth === true) this.unsaid ??= path.join('.');
    return part;
  }

  #count(): void {
    this.#conditions += 1;
    if (this.#conditions > MAX_CONDITIONS) throw tooMuch(`${MAX_CONDITIONS} conditions`);
  }
}

function all<T extends keyof Schema>(parts: readonly Part<T>[]): Part<T> {
  const shape = `(${parts.map((part) => part.shape).join('&')})`;
  if (parts.length === 0) return { shape, truth: true, condition: () => sql`true` };
  return { shape, truth: truthOf(parts, false), condition: (eb) => eb.and(parts.map((part) => part.condition(eb))) };
}

function any<T extends keyof Schema>(parts: readonly Part<T>[]): Part<T> {
  const shape = `or(${parts.map((part) => part.shape).join('|')})`;
  if (parts.length === 0) return { shape, truth: false, condition: () => sql`false` };
  return { shape, truth: truthOf(parts, true), condition: (eb) => eb.or(parts.map((part) => part.condition(eb))) };
}

/** `not` alone would leave out the rows for which the part is null. */
function complement<T extends keyof Schema>(part: Part<T>): Part<T> {
  const truth = part.truth === undefined ? undefined : !part.truth;
  return { shape: `not${part.shape}`, truth, condition: (eb) => sql`(${part.condition(eb)}) is not true` };
}

/** The truth of a combination in which one part with the truth `decisive` decides. */
function truthOf<T extends keyof Schema>(parts: readonly Part<T>[], decisive: boolean): boolean | undefined {
  if (parts.some(({ truth }) => truth === decisive)) return decisive;
  return parts.every(({ truth }) => truth === !decisive) ? !decisive : undefined;
}

function assertShort(value: unknown, isPattern: boolean): void {
  if (Array.isArray(value) && value.length > MAX_LENGTH) throw tooMuch(`${MAX_LENGTH} values in a list`);
  if (isPattern && String(value).length > MAX_LENGTH) throw tooMuch(`${MAX_LENGTH} characters to look for`);
}

function isFilter(filter: unknown): filter is Record<string, unknown> {
  return typeof filter === 'object' && filter !== null;
}

function tooMuch(limit: string): GatherError {
  return new GatherError('INVALID_INPUT', `Expected at most ${limit}.`);
}
