import { type RawBuilder, type Selectable, sql } from 'kysely';
import { GatherError } from '../errors.ts';
import type { Id } from './column-types.ts';
import { fromCursor, toCursor } from './cursor.ts';
import type { Database } from './database.ts';
import { isId } from './id.ts';
import type { Page } from './page.ts';
import type { Schema } from './schema.ts';
import { param } from './statement.ts';
import { bind, shapeOfTable, tableOf } from './table-definition.ts';

const LOWEST = '-9223372036854775808';
const HIGHEST = '9223372036854775807';

/** A list that each row of another table has, ordered by the key of its rows. */
export interface ParentList<T extends keyof Schema> {
  table: T;
  /** The foreign key. */
  parent: keyof Schema[T] & string;
  /** Oldest first or newest first. */
  direction: 'asc' | 'desc';
}

/** The page of one parent: the part of its list between two keys, exclusive. */
export interface ParentPage {
  parentId: Id;
  page: Page;
  above: Id;
  below: Id;
}

type Row<T extends keyof Schema> = Selectable<Schema[T]>;
type Found<T extends keyof Schema> = Row<T> & { $index: string };

/**
 * Reads a page for each parent, each with its own size and cursor, in one statement. Returns them in the order of `pages`,
 * each with its rows in the direction of paging, one more than its size if there are more. All pages have one direction.
 *
 * ```sql
 * select page.*, key.index as "$index"
 * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[]) with ordinality key (parent, above, below, size, index)
 * cross join lateral (
 *   select … from "loan"
 *   where "bookId" = key.parent and "id" > key.above and "id" < key.below order by "id" desc limit key.size
 * ) page
 * ```
 */
export async function readParentPages<T extends keyof Schema>(
  database: Database,
  name: string,
  list: ParentList<T>,
  columns: readonly string[],
  pages: readonly ParentPage[],
): Promise<Row<T>[][]> {
  const isBackward = pages[0]?.page.isBackward === true;
  const values = {
    parents: pages.map(({ parentId }) => parentId),
    above: pages.map(({ above }) => above),
    below: pages.map(({ below }) => below),
    sizes: pages.map(({ page }) => page.size + 1),
  };
  const definition = database.definitions[list.table];
  const statement = bind(
    `${name} ${shapeOfTable(definition)}(${columns})${list.parent} ${list.direction} ${isBackward}`,
    () => lateralPages(list, tableOf(definition), columns, isBackward),
    values,
  );
  const found = await database.run(statement, { name, keys: pages.length });
  const rows: Row<T>[][] = pages.map(() => []);
  for (const row of found.rows) rows[Number(row.$index) - 1]?.push(row);
  return rows;
}

/**
 * The function that makes a page of a list the page of one parent.
 * @throws INVALID_INPUT if a cursor is from another kind of list
 */
export function toParentPage<T extends keyof Schema>(
  { direction }: ParentList<T>,
  page: Page,
): (parentId: Id) => ParentPage {
  const [from, to] = direction === 'asc' ? [page.after, page.before] : [page.before, page.after];
  const above = from === undefined ? LOWEST : toId(direction, from);
  const below = to === undefined ? HIGHEST : toId(direction, to);
  return (parentId) => ({ parentId, page, above, below });
}

/** The cursor of a row of this list. */
export function toParentCursor<T extends keyof Schema>({ direction }: ParentList<T>, id: Id): string {
  return toCursor(`id:${direction}`, [id]);
}

/** Counts the rows of each parent, in the order of `parentIds`, in one statement. */
export async function countByParent<T extends keyof Schema>(
  database: Database,
  name: string,
  { table, parent }: ParentList<T>,
  parentIds: readonly Id[],
): Promise<number[]> {
  const statement = bind(
    `${name} ${shapeOfTable(database.definitions[table])} ${parent}`,
    () => sql<{ parentId: Id; count: string }>`
      select ${sql.ref(parent)} as "parentId", count(*) as "count" from ${tableOf(database.definitions[table])}
      where ${sql.ref(parent)} = any(${param('parents')}::bigint[]) group by ${sql.ref(parent)}`,
    { parents: parentIds },
  );
  const { rows } = await database.run(statement, { name, keys: parentIds.length });
  const counts = new Map(rows.map((row) => [row.parentId, Number(row.count)]));
  return parentIds.map((id) => counts.get(id) ?? 0);
}

function lateralPages<T extends keyof Schema>(
  { parent, direction }: Pick<ParentList<T>, 'parent' | 'direction'>,
  from: RawBuilder<unknown>,
  columns: readonly string[],
  isBackward: boolean,
) {
  const isAscending = (direction === 'asc') !== isBackward;
  return sql<Found<T>>`
    select page.*, key.index as "$index"
    from unnest(
      ${param('parents')}::bigint[], ${param('above')}::bigint[], ${param('below')}::bigint[], ${param('sizes')}::int[]
    ) with ordinality key (parent, above, below, size, index)
    cross join lateral (
      select ${sql.join(columns.map((column) => sql.ref(column)))} from ${from}
      where ${sql.ref(parent)} = key.parent and id > key.above and id < key.below
      order by id ${sql.raw(isAscending ? 'asc' : 'desc')} limit key.size
    ) page`;
}

function toId(direction: string, cursor: string): Id {
  const [id] = fromCursor(`id:${direction}`, cursor);
  if (typeof id === 'string' && isId(id)) return id;
  throw new GatherError('INVALID_INPUT', `Expected a cursor from a page of this list, got "${cursor}".`);
}
