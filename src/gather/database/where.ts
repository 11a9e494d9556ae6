import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { GatherError } from '../errors.ts';
import type { KeyText } from './column-types.ts';
import { type Filter, type Operator, operators, toOperatorName } from './filter.ts';
import { isHeld } from './held.ts';
import type { Column } from './order.ts';
import { type Hop, Related } from './related.ts';
import type { Schema, TableName } from './schema.ts';
import { SqlCondition } from './sql-condition.ts';
import { param, type Values } from './statement.ts';
import { type Row, shapeOfTable, type TableDefinition, tableOf } from './table-definition.ts';

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

/** The table whose rows a condition is on. */
interface Scope<T extends keyof Schema> {
  definition: TableDefinition<T>;
  /** Its name in the statement. */
  alias: string;
  /** How many subqueries it is inside. */
  level: number;
}

/**
 * Compiles a `Where` for a statement.
 * @throws INVALID_INPUT beyond 200 conditions, 20 levels of nesting, and 1,000 characters in a pattern or values in a list
 */
export function compileWhere<T extends keyof Schema>(
  definition: TableDefinition<T>,
  where: Where<T>,
): CompiledWhere<T> {
  const compilation = new Compilation();
  const { shape, condition } = compilation.compileGroup(
    { definition, alias: definition.table, level: 0 },
    where,
    [],
    1,
  );
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

class Compilation {
  readonly values: Record<string, unknown> = {};
  unrestricted: string | undefined;
  #conditions = 0;
  #valueCount = 0;

  compileGroup<T extends keyof Schema>(scope: Scope<T>, where: Where<T>, path: Path, depth: number): Part<T> {
    if (depth > MAX_DEPTH) throw tooMuch(`${MAX_DEPTH} levels of conditions`);
    const { and, or, not, ...fields } = where;
    const parts = Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
      if (value instanceof Related) return this.#compileRelated(scope, value, [...path, name], depth);
      if (value instanceof SqlCondition) return this.#compileSql(scope, value);
      return this.#compileColumn(scope, name, value, [...path, name]);
    });
    if (Object.hasOwn(where, 'and')) parts.push(...this.#compileList(scope, and, all, [...path, 'and'], depth));
    if (Object.hasOwn(where, 'or')) parts.push(...this.#compileList(scope, or, any, [...path, 'or'], depth));
    if (Object.hasOwn(where, 'not')) parts.push(...this.#compileNot(scope, not, [...path, 'not'], depth));
    if (parts.length === 0) this.#count();
    return this.#tracked(path, all(parts));
  }

  #compileList<T extends keyof Schema>(
    scope: Scope<T>,
    groups: readonly Where<T>[] | null | undefined,
    combine: typeof all,
    path: Path,
    depth: number,
  ): Part<T>[] {
    if (!groups) return this.#notGiven(path);
    if (groups.length === 0) this.#count();
    const parts = groups.map((group, index) => this.compileGroup(scope, group, [...path, index], depth + 1));
    return [this.#tracked(path, combine(parts))];
  }

  #compileNot<T extends keyof Schema>(
    scope: Scope<T>,
    group: Where<T> | null | undefined,
    path: Path,
    depth: number,
  ): Part<T>[] {
    if (!group) return this.#notGiven(path);
    return [this.#tracked(path, complement(this.compileGroup(scope, group, path, depth + 1)))];
  }

  #compileRelated<T extends keyof Schema>(scope: Scope<T>, related: Related, path: Path, depth: number): Part<T>[] {
    const given = Object.entries(related.conditions);
    if (given.length === 0) return this.#notGiven(path);
    return given.flatMap(([quantifier, where]) => {
      const place = quantifier === 'one' ? path : [...path, quantifier];
      if (!where) return this.#notGiven(place);
      this.#count();
      const exists = this.#compileHops(scope, related.hops, (inner) => {
        const condition = this.compileGroup(inner, where, place, depth + 1);
        return related.scope ? all([condition, this.compileGroup(inner, related.scope, place, depth + 1)]) : condition;
      });
      return [this.#tracked(place, quantifier === 'none' ? complement(exists) : exists)];
    });
  }

  #compileHops<T extends keyof Schema>(
    scope: Scope<T>,
    [hop, ...others]: readonly Hop[],
    compile: (scope: Scope<TableName>) => Part<TableName>,
  ): Part<T> {
    if (!hop) return compile(scope as unknown as Scope<TableName>) as unknown as Part<T>;
    const { definition, on } = hop;
    const inner = { definition, alias: `$${scope.level + 1}`, level: scope.level + 1 };
    const { shape, truth, condition } = this.#compileHops(inner, others, compile);
    const pairs = on.map(([from, to]) => sql<SqlBool>`${sql.id(inner.alias, to)} = ${sql.id(scope.alias, from)}`);
    return {
      shape: `exists(${shapeOfTable(definition)} ${on.map((pair) => pair.join('=')).join()} ${shape})`,
      // A row that meets it need not be there.
      truth: truth === false ? false : undefined,
      condition: (eb) => sql`exists (
        select from ${tableOf(definition)} as ${sql.id(inner.alias)}
        where ${sql.join(pairs, sql` and `)} and ${condition(eb as never)}
      )`,
    };
  }

  #compileSql<T extends keyof Schema>({ alias }: Scope<T>, condition: SqlCondition): Part<T>[] {
    this.#count();
    const template = condition.toTemplate(
      (column) => sql.id(alias, column),
      (value) => this.#nameOf(value),
    );
    return [{ shape: template.shape, truth: undefined, condition: () => template.condition }];
  }

  #compileColumn<T extends keyof Schema>(scope: Scope<T>, column: string, filter: unknown, path: Path): Part<T>[] {
    const { name, types } = scope.definition;
    if (!Object.hasOwn(types, column)) throw new Error(`Table ${name} has no column "${column}".`);
    if (!isFilter(filter)) return this.#compileOperation(scope, column as Column<T>, 'eq', filter, path);
    const operations = Object.entries(filter);
    if (operations.length === 0) return this.#notGiven(path);
    return operations.flatMap(([operator, value]) =>
      this.#compileOperation(scope, column as Column<T>, operator, value, [...path, operator]),
    );
  }

  #compileOperation<T extends keyof Schema>(
    { definition: { name, types, nullable } }: Scope<T>,
    column: Column<T>,
    given: string,
    value: unknown,
    path: Path,
  ): Part<T>[] {
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
      return [{ shape, truth: undefined, condition: () => operator.sql(sql.id(column), undefined) }];
    }
    const held = operator.isEquality ? toHeld(types[column], value) : value;
    const valueName = this.#nameOf(operator.toValue ? operator.toValue(held) : held);
    const truth = operator.truthOf?.(held, nullable.includes(column));
    return [this.#tracked(path, { shape, truth, condition: () => operator.sql(sql.id(column), param(valueName)) })];
  }

  /** Gives a value to a new param, and returns the param's name. */
  #nameOf(value: unknown): string {
    const name = `$w${this.#valueCount++}`;
    this.values[name] = value;
    return name;
  }

  #notGiven(path: Path): [] {
    this.unrestricted ??= path.join('.');
    return [];
  }

  #tracked<T extends keyof Schema>(path: Path, part: Part<T>): Part<T> {
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
