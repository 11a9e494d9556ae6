import { expressionBuilder, type RawBuilder, sql } from 'kysely';
import type { Database } from './database.ts';
import { fromKeyText } from './key.ts';
import { isAfter, paramsOfPosition, shapeOfPosition } from './keyset.ts';
import { type Column, type OrderTerm, reverseOrder, shapeOfOrder, toOrderBy } from './order.ts';
import type { Page } from './page.ts';
import { fromPairs, inPairs, type Pairs, shapeOfPairs, typesOfParent } from './pairs.ts';
import { toPositions } from './positions.ts';
import type { Schema } from './schema.ts';
import { param } from './statement.ts';
import { bind, shapeOfTable, type TableDefinition, tableOf, toColumns, toList } from './table-definition.ts';
import { compileWhere, type Where } from './where.ts';

/** The rows that each row of another table, their parent, leads to. */
export interface Children<T extends keyof Schema> {
  /** Their table; through a table of pairs, with its columns too: see `joined`. */
  definition: TableDefinition<T>;
  /** The columns of the foreign key; none through a table of pairs. */
  parent: readonly Column<T>[];
  pairs: Pairs | undefined;
}

/** A list that each row of another table has. */
export interface ParentList<T extends keyof Schema> extends Children<T> {
  /** How its statements appear in the timing. */
  name: string;
  where: Where<T>;
  /** A total order. */
  order: readonly OrderTerm<T>[];
  /** The bounds of each parent's page, and from which end it is counted. */
  bounds: Bounds;
}

type Bounds = Pick<Page, 'isBackward' | 'after' | 'before'>;

/** A parent, by the text of its key, and the most rows of it to read; all if null. */
export interface Parent {
  id: string;
  limit: number | null;
}

/**
 * Reads the page of each parent in one statement. Returns them in the order of `parents`, each with its rows in the
 * direction of paging.
 *
 * ```sql
 * select page.*, "$parent".index as "$index"
 * from unnest($1::int[], $2::bigint[]) with ordinality "$parent" ("limit", key0, index)
 * cross join lateral (
 *   select … from "loan"
 *   where "bookId" = "$parent".key0 and "dueOn" < $3 and ("dueOn", "id") > ($4, $5)
 *   order by "dueOn" asc, "id" asc limit "$parent"."limit"
 * ) page
 * ```
 *
 * @throws INVALID_INPUT if a cursor is from another order
 */
export async function readParentPages<T extends keyof Schema>(
  database: Database,
  list: ParentList<T>,
  columns: readonly string[],
  parents: readonly Parent[],
): Promise<object[][]> {
  const { name, definition } = list;
  const statement = bindPages(list, columns, parents);
  const found = await database.run(statement, { name, keys: parents.length, rows: definition.name });
  const rows: object[][] = parents.map(() => []);
  for (const row of found.rows) rows[Number(row.$index) - 1]?.push(row);
  return rows;
}

/** Not a part of `readParentPages`: V8 would compile all of that anew each time one of its assumptions fails. */
function bindPages<T extends keyof Schema>(
  list: ParentList<T>,
  columns: readonly string[],
  parents: readonly Parent[],
) {
  const { name, definition, order, bounds } = list;
  const reading = bounds.isBackward ? reverseOrder(order) : order;
  const ofPairs = list.pairs?.columns.map(inPairs) ?? [];
  const wanted = [...columns, ...ofPairs, ...order.map(({ column }) => column)];
  const selected = toColumns(definition, wanted as Column<T>[]);
  const { condition, shape, values } = compileWhere(definition, list.where);
  const positions = toPositions(definition, order, bounds);
  return bind<object & { $index: string }>(
    [name, shapeOfList(list), selected, shape, shapeOfOrder(reading), ...positions.map(shapeOfPosition)].join(' '),
    () => {
      const conditions = [
        condition(expressionBuilder<Schema, T>()),
        ...positions.map((position) => isAfter(position, definition.nullable)),
      ];
      return ofEachParent(
        list,
        sql`select ${toList(selected)}`,
        sql`and ${sql.join(conditions, sql` and `)} order by ${toOrderBy(reading)} limit "$parent"."limit"`,
      );
    },
    Object.assign(toParams(list, parents), values, ...positions.map(paramsOfPosition)),
  );
}

/** How the count of a list's rows appears in the timing. */
export function countsName(list: string): string {
  return `${list}.totalCount`;
}

/** Counts the rows of each parent, in the order of `parents`, in one statement. */
export async function countByParent<T extends keyof Schema>(
  database: Database,
  list: ParentList<T>,
  parents: readonly string[],
): Promise<number[]> {
  const name = countsName(list.name);
  const { condition, shape, values } = compileWhere(list.definition, list.where);
  const statement = bind<{ count: string; $index: string }>(
    `${name} ${shapeOfList(list)} ${shape}`,
    () => ofEachParent(list, sql`select count(*) as "count"`, sql`and ${condition(expressionBuilder<Schema, T>())}`),
    {
      ...values,
      ...toParams(
        list,
        parents.map((id) => ({ id, limit: null })),
      ),
    },
  );
  const { rows } = await database.run(statement, { name, keys: parents.length, rows: null });
  const counts: number[] = [];
  for (const { count, $index } of rows) counts[Number($index) - 1] = Number(count);
  return counts;
}

/** The SQL types of the parents' key. */
function typesOf<T extends keyof Schema>({ definition, parent, pairs }: ParentList<T>): readonly string[] {
  return pairs ? typesOfParent(pairs) : parent.map((column) => definition.types[column]);
}

function toParams<T extends keyof Schema>(list: ParentList<T>, parents: readonly Parent[]) {
  const types = typesOf(list);
  const keys = parents.map(({ id }) => fromKeyText(id, types.length));
  return { limits: parents.map(({ limit }) => limit), keys: types.map((_, index) => keys.map((key) => key?.[index])) };
}

function shapeOfList<T extends keyof Schema>({ definition, parent, pairs }: ParentList<T>): string {
  return `${shapeOfTable(definition)} ${pairs ? shapeOfPairs(pairs) : parent}`;
}

/** Runs a statement on the rows of each parent. */
function ofEachParent<T extends keyof Schema, Row>(
  list: ParentList<T>,
  select: RawBuilder<unknown>,
  rest: RawBuilder<unknown>,
): RawBuilder<Row> {
  const { definition, parent, pairs } = list;
  const types = typesOf(list);
  const key = types.map((_, index) => sql.id('$parent', `key${index}`));
  const arrays = types.map((type, index) => sql`${param('keys', index)}::${sql.raw(type)}[]`);
  const ofParent = parent.map((column, index) => sql`${sql.id(column)} = ${key[index]}`);
  const rows = pairs
    ? sql`${fromPairs(pairs, definition, key)} where true`
    : sql`${tableOf(definition)} where ${sql.join(ofParent, sql` and `)}`;
  return sql<Row>`
    select page.*, "$parent".index as "$index"
    from unnest(${sql.join([sql`${param('limits')}::int[]`, ...arrays])})
      with ordinality "$parent" ("limit", ${toList(types.map((_, index) => `key${index}`))}, index)
    cross join lateral (${select} from ${rows} ${rest}) page`;
}
