import { expressionBuilder, sql } from 'kysely';
import { Connection, type PageSource } from './connection.ts';
import type { Database } from './database.ts';
import { isAfter, paramsOfPosition, shapeOfPosition } from './keyset.ts';
import { type Column, type OrderTerm, reverseOrder, shapeOfOrder, toOrderBy, toTotalOrder } from './order.ts';
import type { Page } from './page.ts';
import { cursorOf, toPositions } from './positions.ts';
import type { Schema } from './schema.ts';
import { countRows } from './select.ts';
import { param } from './statement.ts';
import { bind, type Row, shapeOfTable, type TableDefinition, tableOf, toColumns, toList } from './table-definition.ts';
import { compileWhere, type Where } from './where.ts';

/** The rows of a connection, their order, and the requested page. */
export interface ConnectionQuery<T extends keyof Schema> {
  /** How the statement appears in the timing. */
  name: string;
  where: Where<T>;
  orderBy: readonly OrderTerm<T>[];
  columns: readonly Column<T>[];
  page: Page;
  /** Called with the rows once they are read. */
  onRows?: (rows: readonly Row<T>[]) => void;
}

/**
 * A page, read in one statement by keyset pagination, so that concurrent inserts and deletes neither repeat nor hide rows.
 *
 * ```sql
 * select … from "book" where "status" = $1 and ("price", "id") > ($2, $3) order by "price" asc, "id" asc limit 21
 * ```
 *
 * @throws INVALID_INPUT if a cursor is from another order
 */
export function connect<T extends keyof Schema>(
  database: Database,
  definition: TableDefinition<T>,
  { name, where, orderBy, columns, page, onRows }: ConnectionQuery<T>,
): Connection<Row<T>> {
  const order = toTotalOrder(orderBy, definition.key);
  const reading = page.isBackward ? reverseOrder(order) : order;
  const selected = toColumns(definition, [...columns, ...order.map(({ column }) => column)]);
  const condition = compileWhere(definition, where);
  const positions = toPositions(definition, order, page);

  const statement = bind<Row<T>>(
    [
      name,
      shapeOfTable(definition),
      selected,
      condition.shape,
      shapeOfOrder(reading),
      ...positions.map(shapeOfPosition),
    ].join(' '),
    () => {
      const conditions = [
        condition.condition(expressionBuilder<Schema, T>()),
        ...positions.map((position) => isAfter(position, definition.nullable)),
      ];
      return sql`select ${toList(selected)} from ${tableOf(definition)}
        where ${sql.join(conditions, sql` and `)} order by ${toOrderBy(reading)} limit ${param('limit')}`;
    },
    Object.assign({ limit: page.size + 1 }, condition.values, ...positions.map(paramsOfPosition)),
  );
  let found: readonly Row<T>[] | Error = [];
  const source: PageSource<Row<T>, undefined> = {
    load: once(async () => {
      try {
        const { rows } = await database.run(statement, { name, rows: definition.name });
        onRows?.(rows);
        found = rows;
      } catch (error) {
        found = error as Error;
      }
    }),
    find: () => found,
    cursorOf: (row) => cursorOf(order, row),
    count: once(async () => {
      const counted = await database.run(countRows(definition, where), { name: `${name}.totalCount`, rows: null });
      return Number(counted.rows[0]?.count);
    }),
  };
  return new Connection(page, source, undefined);
}

/** Runs at the first call; later calls have the same promise. */
function once<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
