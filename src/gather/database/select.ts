import { expressionBuilder, sql } from 'kysely';
import type { Decimal } from './column-types.ts';
import { type Column, type OrderTerm, shapeOfOrder, toOrderBy } from './order.ts';
import type { Schema } from './schema.ts';
import type { BoundStatement } from './statement.ts';
import { bind, type Row, shapeOfTable, type TableDefinition, tableOf, toColumns, toList } from './table-definition.ts';
import { compileWhere, type Where } from './where.ts';

interface Selection<T extends keyof Schema, C extends Column<T>> {
  where: Where<T>;
  orderBy?: readonly OrderTerm<T>[] | undefined;
  columns?: readonly C[] | undefined;
  /** Maximum number of rows. */
  limit?: number;
  /** `compileNarrowing`, to refuse parts that match every row. */
  compile?: typeof compileWhere<T>;
}

/**
 * An aggregate: its function and its column. An average is rounded, half away from zero, to `places` decimal places,
 * 2 by default.
 */
export type Aggregate<T extends keyof Schema> =
  | readonly [kind: 'avg', column: Column<T>, places?: number]
  | readonly [kind: 'min' | 'max' | 'sum', column: Column<T>];

/** The result of an aggregate: null if there are no rows. */
export type AggregateValue<T extends keyof Schema, A extends Aggregate<T>> = A[0] extends 'min' | 'max'
  ? Row<T>[A[1]] | null
  : Decimal | null;

/** `select … from … where … order by … limit …` */
export function selectRows<T extends keyof Schema, C extends Column<T>>(
  definition: TableDefinition<T>,
  { where, orderBy = [], columns, limit, compile = compileWhere }: Selection<T, C>,
): BoundStatement<Pick<Row<T>, C>> {
  const { shape, values, condition } = compile(definition, where);
  const selected = toColumns(definition, columns);
  return bind(
    `select ${shapeOfTable(definition)}(${selected})${shape}${shapeOfOrder(orderBy)}/${limit}`,
    () => sql<Pick<Row<T>, C>>`
      select ${toList(selected)} from ${tableOf(definition)} where ${condition(expressionBuilder<Schema, T>())}
      ${orderBy.length > 0 ? sql`order by ${toOrderBy(orderBy)}` : sql``}
      ${limit === undefined ? sql`` : sql`limit ${sql.lit(limit)}`}`,
    values,
  );
}

/** `select count(*) …` */
export function countRows<T extends keyof Schema>(
  definition: TableDefinition<T>,
  where: Where<T>,
): BoundStatement<{ count: string }> {
  const { shape, values, condition } = compileWhere(definition, where);
  return bind(
    `count ${shapeOfTable(definition)}${shape}`,
    () => sql`
      select count(*) as "count" from ${tableOf(definition)} where ${condition(expressionBuilder<Schema, T>())}`,
    values,
  );
}

/** `select exists (…)` */
export function existsRow<T extends keyof Schema>(
  definition: TableDefinition<T>,
  where: Where<T>,
): BoundStatement<{ exists: boolean }> {
  const { shape, values, condition } = compileWhere(definition, where);
  return bind(
    `exists ${shapeOfTable(definition)}${shape}`,
    () => sql`
      select exists (
        select from ${tableOf(definition)} where ${condition(expressionBuilder<Schema, T>())}
      ) as "exists"`,
    values,
  );
}

/** `select round(avg(…), 2) …` */
export function aggregateRows<T extends keyof Schema, A extends Readonly<Record<string, Aggregate<T>>>>(
  definition: TableDefinition<T>,
  where: Where<T>,
  aggregates: A,
): BoundStatement<{ [Name in keyof A]: AggregateValue<T, A[Name]> }> {
  const { shape, values, condition } = compileWhere(definition, where);
  return bind(
    `aggregate ${shapeOfTable(definition)}${JSON.stringify(aggregates)}${shape}`,
    () => sql`
      select ${sql.join(Object.entries(aggregates).map(([name, aggregate]) => toFigure(name, aggregate)))}
      from ${tableOf(definition)} where ${condition(expressionBuilder<Schema, T>())}`,
    values,
  );
}

function toFigure<T extends keyof Schema>(name: string, [kind, column, places = 2]: Aggregate<T>) {
  const figure = sql`${sql.raw(kind)}(${sql.id(column)})`;
  return kind === 'avg'
    ? sql`round(${figure}, ${sql.lit(places)}) as ${sql.id(name)}`
    : sql`${figure} as ${sql.id(name)}`;
}
