import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { GatherError } from '../errors.ts';
import { type Filter, operators, toOperatorName } from './filter.ts';
import type { Column } from './order.ts';
import type { Schema } from './schema.ts';
import { param, type Values } from './statement.ts';
import type { Row, TableDefinition } from './table-definition.ts';

const MAX_DEPTH = 20;
const MAX_CONDITIONS = 200;
/** Of a pattern in characters, and of a list: PostgreSQL goes through it for each row. */
const MAX_LENGTH = 1000;

/**
 * Which rows: all parts that are given must hold, so `{}` is every row. A GraphQL input goes straight in.
 *
 * A plain value stands for `{ eq: value }`. `undefined` is a part that is not given. So is `null`, except for a column
 * that may be null: there it asks for the rows without a value. `or: []` is no row, `and: []` every row. `not` is the
 * complement: a row whose column is null does not meet `{ calories: { lt: 100 } }`, so it meets the `not` of it.
 */
export type Where<T extends keyof Schema> = {
  readonly [C in Column<T>]?: Row<T>[C] | Filter<Row<T>[C]> | null;
} & {
  readonly and?: readonly Where<T>[] | null;
  readonly or?: readonly Where<T>[] | null;
  readonly not?: Where<T> | null;
};

/** A `Where` made ready for a statement. */
interface CompiledWhere<T extends keyof Schema> {
  /** The structure without the values: equal shapes give equal conditions. `()` where nothing is asked. */
  shape: string;
  /** What the condition's params, `$w0`, `$w1`, …, stand for. */
  values: Values;
  condition: Condition<T>;
}

type Condition<T extends keyof Schema> = (eb: ExpressionBuilder<Schema, T>) => Expression<SqlBool>;
type Part<T extends keyof Schema> = Pick<CompiledWhere<T>, 'shape' | 'condition'>;

/**
 * Makes a `Where` ready for a statement.
 * @throws INVALID_INPUT past 200 conditions or 20 levels of nesting, and where a pattern or a list is longer than 1,000
 */
export function compileWhere<T extends keyof Schema>(
  definition: TableDefinition<T>,
  where: Where<T>,
): CompiledWhere<T> {
  const compilation = new Compilation(definition);
  return { ...compilation.compileGroup(where, 1), values: compilation.values };
}

class Compilation<T extends keyof Schema> {
  readonly values: Record<string, unknown> = {};
  readonly #definition: TableDefinition<T>;
  #conditions = 0;
  #valueCount = 0;

  constructor(definition: TableDefinition<T>) {
    this.#definition = definition;
  }

  compileGroup(where: Where<T>, depth: number): Part<T> {
    if (depth > MAX_DEPTH) throw tooMuch(`${MAX_DEPTH} levels of conditions`);
    const { and, or, not, ...columns } = where;
    const parts = Object.entries(columns).flatMap(([column, filter]) => this.#compileColumn(column, filter));
    if (and) parts.push(all(this.#compileGroups(and, depth)));
    if (or) parts.push(any(this.#compileGroups(or, depth)));
    if (not) parts.push(complement(this.compileGroup(not, depth + 1)));
    if (parts.length === 0) this.#count();
    return all(parts);
  }

  #compileGroups(groups: readonly Where<T>[], depth: number): Part<T>[] {
    if (groups.length === 0) this.#count();
    return groups.map((group) => this.compileGroup(group, depth + 1));
  }

  #compileColumn(column: string, filter: unknown): Part<T>[] {
    const { name, types } = this.#definition;
    if (!Object.hasOwn(types, column)) throw new Error(`Table ${name} has no column "${column}".`);
    const operations = isFilter(filter) ? Object.entries(filter) : [['eq', filter] as const];
    return operations.flatMap(([operator, value]) => this.#compileOperation(column as Column<T>, operator, value));
  }

  #compileOperation(column: Column<T>, given: string, value: unknown): Part<T>[] {
    const { name, types, nullable } = this.#definition;
    const operatorName = toOperatorName(given, value, nullable.has(column));
    if (operatorName === undefined) return [];
    const operator = operators.get(operatorName);
    if (!operator || (operator.isForText && types[column] !== 'text')) {
      throw new Error(`Column "${column}" of table ${name}, of type ${types[column]}, has no operator "${given}".`);
    }
    this.#count();
    assertShort(value, operator.isForText === true);
    const shape = `${column}.${operatorName}`;
    if (operator.isUnary) return [{ shape, condition: () => operator.sql(sql.ref(column), undefined) }];
    const valueName = `$w${this.#valueCount++}`;
    this.values[valueName] = operator.toValue ? operator.toValue(value) : value;
    return [{ shape, condition: () => operator.sql(sql.ref(column), param(valueName)) }];
  }

  #count(): void {
    this.#conditions += 1;
    if (this.#conditions > MAX_CONDITIONS) throw tooMuch(`${MAX_CONDITIONS} conditions`);
  }
}

function all<T extends keyof Schema>(parts: readonly Part<T>[]): Part<T> {
  const shape = `(${parts.map((part) => part.shape).join('&')})`;
  if (parts.length === 0) return { shape, condition: () => sql`true` };
  return { shape, condition: (eb) => eb.and(parts.map((part) => part.condition(eb))) };
}

function any<T extends keyof Schema>(parts: readonly Part<T>[]): Part<T> {
  const shape = `or(${parts.map((part) => part.shape).join('|')})`;
  if (parts.length === 0) return { shape, condition: () => sql`false` };
  return { shape, condition: (eb) => eb.or(parts.map((part) => part.condition(eb))) };
}

/** `not` alone would leave out the rows for which the part is null. */
function complement<T extends keyof Schema>(part: Part<T>): Part<T> {
  return { shape: `not${part.shape}`, condition: (eb) => sql`(${part.condition(eb)}) is not true` };
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
