import {
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  isExpression,
  type RawBuilder,
  sql,
  type Updateable,
} from 'kysely';
import { GatherError } from '../errors.ts';
import { builder } from './builder.ts';
import type { KeyText } from './column-types.ts';
import { isHeld } from './held.ts';
import type { Column } from './order.ts';
import type { KeyColumn, Schema } from './schema.ts';
import { type BoundStatement, param, Statement } from './statement.ts';
import {
  bind,
  maintain,
  type Row,
  shapeOfTable,
  type TableDefinition,
  tableOf,
  toColumns,
  toGivenColumns,
  toList,
} from './table-definition.ts';
import { compileNarrowing, type Where } from './where.ts';

/** New values of columns, or expressions over the row as it was: `{ price: sql`"price" * 2` }`. */
export type Patch<T extends keyof Schema> = {
  readonly [C in keyof Updateable<Schema[T]>]?:
    | Updateable<Schema[T]>[C]
    | Expression<unknown>
    | ((eb: ExpressionBuilder<Schema, T>) => Expression<unknown>);
};

/** New values of columns; one that is undefined stays as it is. */
type Values<Row> = { readonly [C in keyof Row]?: Row[C] | undefined };

/** The key of a row: `{ id: '7' }`. */
export type KeyOf<T extends keyof Schema> = { readonly [C in KeyColumn<T> & Column<T>]: Row<T>[C] | KeyText };

/** The key of one row, and new values. With a `version`, only if the row still has it. */
export type RowChange<T extends keyof Schema> = KeyOf<T> &
  Values<Omit<Updateable<Schema[T]>, 'version' | KeyColumn<T>>> &
  ('version' extends keyof Schema[T] ? { readonly version?: number | null | undefined } : unknown);

/** `update … set … where …` */
export function updateRows<T extends keyof Schema>(
  definition: TableDefinition<T>,
  where: Where<T>,
  patch: Patch<T>,
): BoundStatement<never> {
  const { shape, values, condition } = compileNarrowing(definition, where);
  const changed = assertSome(toGivenColumns(definition, [patch]));
  const given: Readonly<Record<string, unknown>> = patch;
  const eb = expressionBuilder<Schema, T>();
  const isConstant = changed.every((column) => typeof given[column] !== 'function' && !isExpression(given[column]));
  const build = () => sql<never>`
    update ${tableOf(definition)} set ${sql.join([
      ...changed.map((column) => sql`${sql.id(column)} = ${toExpression(given[column], column, eb)}`),
      ...maintain(definition),
    ])}
    where ${condition(eb)}`;
  const all = { ...values, ...given };
  if (isConstant) return bind(`update ${shapeOfTable(definition)}(${changed})${shape}`, build, all);
  // An expression can be any SQL, and has no shape to cache it by.
  return new Statement<never>({ compile: () => build().compile(builder) }).with(all);
}

/** `update … set … where "id" = … and "version" = … returning …` */
export function updateRow<T extends keyof Schema, C extends Column<T>>(
  definition: TableDefinition<T>,
  change: RowChange<T>,
  columns: readonly C[] | undefined,
): BoundStatement<Pick<Row<T>, C>> {
  const { key, version } = definition;
  const changed = toChangedColumns(definition, [change]);
  const returned = toColumns(definition, columns);
  const isGuarded = toExpectedVersion(definition, change) !== null;
  return bind(
    `save ${shapeOfTable(definition)}(${changed})${isGuarded}(${returned})`,
    () => sql<Pick<Row<T>, C>>`
      update ${tableOf(definition)} set ${sql.join([
        ...changed.map((column) => sql`${sql.id(column)} = ${param(column)}`),
        ...maintain(definition),
      ])}
      where ${isKey(key)} ${isGuarded && version ? sql`and ${sql.id(version)} = ${param(version)}` : sql``}
      returning ${toList(returned)}`,
    { ...change, ...toHeldKey(definition, change) },
  );
}

/** `delete from … where …` */
export function deleteRows<T extends keyof Schema>(
  definition: TableDefinition<T>,
  where: Where<T>,
): BoundStatement<never> {
  const { shape, values, condition } = compileNarrowing(definition, where);
  return bind(
    `delete ${shapeOfTable(definition)}${shape}`,
    () => sql`delete from ${tableOf(definition)} where ${condition(expressionBuilder<Schema, T>())}`,
    values,
  );
}

/** The columns that a change sets, without key and version. */
export function toChangedColumns<T extends keyof Schema>(
  definition: TableDefinition<T>,
  changes: readonly object[],
): readonly Column<T>[] {
  const { key, version } = definition;
  return assertSome(
    toGivenColumns(definition, changes).filter((column) => !key.includes(column) && column !== version),
  );
}

/** A row's values of its key: null, which no row has, for one that the column cannot hold. */
export function toHeldKey<T extends keyof Schema>(
  { key, types }: TableDefinition<T>,
  row: object,
): Readonly<Record<string, unknown>> {
  const given: Readonly<Record<string, unknown>> = { ...row };
  return Object.fromEntries(key.map((column) => [column, isHeld(types[column], given[column]) ? given[column] : null]));
}

/** The version that the row must have; null for any. */
export function toExpectedVersion<T extends keyof Schema>({ version }: TableDefinition<T>, change: object): unknown {
  const given: Readonly<Record<string, unknown>> = { ...change };
  return (version && given[version]) ?? null;
}

/** `"id" = $1`. */
function isKey(key: readonly string[]): RawBuilder<unknown> {
  const conditions = key.map((column) => sql`${sql.id(column)} = ${param(column)}`);
  return sql.join(conditions, sql` and `);
}

function assertSome<C>(columns: readonly C[]): readonly C[] {
  if (columns.length > 0) return columns;
  throw new GatherError('INVALID_INPUT', 'Expected at least one value to change, got none.');
}

function toExpression<T extends keyof Schema>(value: unknown, column: string, eb: ExpressionBuilder<Schema, T>) {
  if (typeof value === 'function') return value(eb);
  return isExpression(value) ? value : param(column);
}
