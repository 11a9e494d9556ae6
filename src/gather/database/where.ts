import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { GatherError } from '../errors.ts';
import type { KeyText } from './column-types.ts';
import { type Filter, type Operator, operators, toOperatorName } from './filter.ts';
import { isHeld } from './held.ts';
import type { Column } from './order.ts';
import type { Schema } from './schema.ts';
import { param, type Values } from './statement.ts';
import type { Row, TableDefinition } from './table-definition.ts';

const MAX_DEPTH = 20;
const MAX_CONDITIONS = 200;
/** The longest pattern, in characters, and the longest list, which PostgreSQL scans for each row. */
const MAX_LENGTH = 1000;

/**
 * A condition on rows. All given parts must hold, so `{}` matches every row. GraphQL inputs can be used directly.
 *
 * A plain value means `{ eq: value }`. `undefined` is a part that is not given. So is `null`, except on a nullable column,
 * where it matches rows without a value. `or: []` matches no row, `and: []` every row. `not` is the complement: a row whose
 * column is null does not match `{ pages: { lt: 100 } }`, so it matches the `not` of it.
 *
 * A part that is not given matches every row, at any depth: `{ or: [{ isbn: undefined }, …] }` matches every row. Reads of
 * many rows accept such a part; changes, and reads of one row, refuse it: see `compileNarrowing`.
 */
export type Where<T extends keyof Schema> = {
  readonly [C in Column<T>]?: Value<Row<T>[C]> | Filter<Value<Row<T>[C]>> | null | undefined;
} & {
  readonly and?: readonly Where<T>[] | null | undefined;
  readonly or?: readonly Where<T>[] | null | undefined;
  readonly not?: Where<T> | null | undefined;
};

/** What a column is compared with: a number also with the key of an ID. */
type Value<V> = V | (number extends V ? KeyText : never);

/** A compiled `Where`. */
interface CompiledWhere<T extends keyof Schema> {
  /** The structure without the values: equal shapes give equal conditions. `()` if nothing is given. */
  shape: string;
  /** The values of the condition's params, `$w0`, `$w1`, …. */
  values: Values;
  condition: Condition<T>;
  /** The path of the first part that matches every row: `or.0.isbn`; `''` is the whole condition. */
  unrestricted: string | undefined;
}

type Condition<T extends keyof Schema> = (eb: ExpressionBuilder<Schema, T>) => Expression<SqlBool>;

interface Part<T extends keyof Schema> extends Pick<CompiledWhere<T>, 'shape' | 'condition'> {
  /** Its truth for every row, if that does not depend on the row. */
  truth: boolean | undefined;
}

type Path = readonly (string | number)[];

/**
 * Compiles a `Where` for a statement.
 * @throws INVALID_INPUT beyond 200 conditions, 20 levels of nesting, and 1,000 characters in a pattern or values in a list
 */
export function compileWhere<T extends keyof Schema>(
  definition: TableDefinition<T>,
  where: Where<T>,
): CompiledWhere<T> {
  const compilation = new Compilation(definition);
  const { shape, condition } = compilation.compileGroup(where, [], 1);
  return { shape, condition, values: compilation.values, unrestricted: compilation.unrestricted };
}

/**
 * Compiles a `Where` each part of which must restrict the rows: for changes, and reads of one row, which must not match
 * every row because a value is missing.
 * @throws INVALID_INPUT for a part that is undefined, null on a column that is not nullable, or matches every row because it
 *   is empty: `{}`, `and: []`, `notIn: []`, `contains: ''`, or `not` of one that matches none. Also as `compileWhere`
 */
export function compileNarrowing<T extends keyof Schema>(
  definition: TableDefinition<T>,
  where: Where<T>,
): CompiledWhere<T> {
  const compiled = compileWhere(definition, where);
  if (compiled.unrestricted === undefined) return compiled;
  const part = compiled.unrestricted === '' ? 'the condition' : `its part ${compiled.unrestricted}`;
  const message = `Expected a condition whose every part restricts the rows, but ${part} is absent, null or empty, and matches all of them.`;
  throw new GatherError('INVALID_INPUT', message);
}

class Compilation<T extends keyof Schema> {
  readonly values: Record<string, unknown> = {};
  unrestricted: string | undefined;
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
    return this.#tracked(path, all(parts));
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
    return [this.#tracked(path, combine(parts))];
  }

  #compileNot(group: Where<T> | null | undefined, path: Path, depth: number): Part<T>[] {
    if (!group) return this.#notGiven(path);
    return [this.#tracked(path, complement(this.compileGroup(group, path, depth + 1)))];
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
    if (!operator || !fits(operator, types[column])) {
      throw new Error(`Column "${column}" of table ${name}, of type ${types[column]}, has no operator "${given}".`);
    }
    this.#count();
    assertShort(value, operator.isForText === true);
    const shape = `${column}.${operatorName}`;
    if (operator.isUnary) {
      return [{ shape, truth: undefined, condition: () => operator.sql(sql.ref(column), undefined) }];
    }
    const valueName = `$w${this.#valueCount++}`;
    const held = operator.isEquality ? toHeld(types[column], value) : value;
    this.values[valueName] = operator.toValue ? operator.toValue(held) : held;
    const truth = operator.truthOf?.(held, nullable.includes(column));
    return [this.#tracked(path, { shape, truth, condition: () => operator.sql(sql.ref(column), param(valueName)) })];
  }

  #notGiven(path: Path): [] {
    this.unrestricted ??= path.join('.');
    return [];
  }

  #tracked(path: Path, part: Part<T>): Part<T> {
    if (part.truth === true) this.unrestricted ??= path.join('.');
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

/** SQL's `not` alone would not match rows for which the part is null. */
function complement<T extends keyof Schema>(part: Part<T>): Part<T> {
  const truth = part.truth === undefined ? undefined : !part.truth;
  return { shape: `not${part.shape}`, truth, condition: (eb) => sql`(${part.condition(eb)}) is not true` };
}

/** The truth of `and` (`decisive` is false) or `or` (`decisive` is true). */
function truthOf<T extends keyof Schema>(parts: readonly Part<T>[], decisive: boolean): boolean | undefined {
  if (parts.some(({ truth }) => truth === decisive)) return decisive;
  return parts.every(({ truth }) => truth === !decisive) ? !decisive : undefined;
}

function assertShort(value: unknown, isPattern: boolean): void {
  if (Array.isArray(value) && value.length > MAX_LENGTH) throw tooMuch(`${MAX_LENGTH} values in a list`);
  if (isPattern && String(value).length > MAX_LENGTH) throw tooMuch(`${MAX_LENGTH} characters in a pattern`);
}

/** Whether a column of this type has an operator. */
function fits({ isForText, isForArrays, isOfList }: Operator, type: string): boolean {
  return type.endsWith('[]') ? !isForText && !isOfList : !isForArrays && (!isForText || type === 'text');
}

/** The value without what no row equals because the column cannot hold it. Nothing equals null. */
function toHeld(type: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => isHeld(type, each));
  return isHeld(type, value) ? value : null;
}

function isFilter(filter: unknown): filter is Record<string, unknown> {
  return typeof filter === 'object' && filter !== null && !Array.isArray(filter) && !ArrayBuffer.isView(filter);
}

function tooMuch(limit: string): GatherError {
  return new GatherError('INVALID_INPUT', `Expected at most ${limit}.`);
}
