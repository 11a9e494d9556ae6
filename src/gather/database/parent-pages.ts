import { type RawBuilder, type Selectable, sql } from 'kysely';
import { GatherError } from '../errors.ts';
import { type CursorValue, fromCursor, toCursor } from './cursor.ts';
import type { Database } from './database.ts';
import { isHeld } from './held.ts';
import { fromKeyText, toKey } from './key.ts';
import { type Column, reverseOrder, shapeOfOrder, toOrderBy, toTotalOrder } from './order.ts';
import type { Page } from './page.ts';
import type { Schema } from './schema.ts';
import { param } from './statement.ts';
import { bind, shapeOfTable, type TableDefinition, tableOf, toList } from './table-definition.ts';

/** A list that each row of another table has, ordered by the key of its rows. */
export interface ParentList<T extends keyof Schema> {
  table: T;
  /** The columns of the foreign key. */
  parent: readonly Column<T>[];
  /** Oldest first or newest first. */
  direction: 'asc' | 'desc';
}

/** The page of one parent: the part of its list between two keys, exclusive. */
export interface ParentPage {
  /** The text of the parent's key. */
  parentId: string;
  page: Page;
  above: readonly CursorValue[] | undefined;
  below: readonly CursorValue[] | undefined;
}

type Row<T extends keyof Schema> = Selectable<Schema[T]>;
type Found<T extends keyof Schema> = Row<T> & { $index: string };

/** Which of the pages of a statement have a cursor. */
type Given = 'none' | 'some' | 'all';

/**
 * Reads a page for each parent, each with its own size and cursor, in one statement. Returns them in the order of `pages`,
 * each with its rows in the direction of paging, one more than its size if there are more. All pages have one direction.
 *
 * ```sql
 * select page.*, key.index as "$index"
 * from unnest($1::bigint[], $2::bigint[], $3::int[]) with ordinality key (parent0, above0, size, index)
 * cross join lateral (
 *   select … from "loan"
 *   where "bookId" = key.parent0 and ("id") > (key.above0) order by "id" desc limit key.size
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
  const definition: TableDefinition<T> = database.definitions[list.table];
  const isBackward = pages[0]?.page.isBackward === true;
  const bounds = { above: givenIn(pages, 'above'), below: givenIn(pages, 'below') };
  const arrays = [
    ...toArrays('parent', list.parent, definition, (page) => fromKeyText(page.parentId, list.parent.length)),
    ...(bounds.above === 'none' ? [] : toArrays('above', definition.key, definition, ({ above }) => above)),
    ...(bounds.below === 'none' ? [] : toArrays('below', definition.key, definition, ({ below }) => below)),
    { name: 'size', type: 'int', valueOf: ({ page }: ParentPage) => page.size + 1 },
  ];
  const statement = bind(
    `${name} ${shapeOfTable(definition)}(${columns})${list.parent} ${list.direction} ${isBackward} ${bounds.above} ${bounds.below}`,
    () => lateralPages(definition, list, { columns, arrays, bounds, isBackward }),
    Object.fromEntries(arrays.map((array) => [array.name, pages.map(array.valueOf)])),
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
  definition: TableDefinition<T>,
  { direction }: ParentList<T>,
  page: Page,
): (parentId: string) => ParentPage {
  const [from, to] = direction === 'asc' ? [page.after, page.before] : [page.before, page.after];
  const above = from === undefined ? undefined : toValues(definition, direction, from);
  const below = to === undefined ? undefined : toValues(definition, direction, to);
  return (parentId) => ({ parentId, page, above, below });
}

/** A function that returns the cursor of a row of this list. */
export function parentCursors<T extends keyof Schema>(
  { key }: TableDefinition<T>,
  { direction }: ParentList<T>,
): (row: Row<T>) => string {
  const order = shapeOfOrder(toTotalOrder<T>([], key, direction));
  return (row) => {
    const values: Readonly<Record<string, unknown>> = row;
    return toCursor(
      order,
      key.map((column) => values[column] as CursorValue),
    );
  };
}

/** Counts the rows of each parent, in the order of the texts of their keys, in one statement. */
export async function countByParent<T extends keyof Schema>(
  database: Database,
  name: string,
  { table, parent }: ParentList<T>,
  parentIds: readonly string[],
): Promise<number[]> {
  const definition: TableDefinition<T> = database.definitions[table];
  const values = parentIds.map((text) => fromKeyText(text, parent.length));
  const statement = bind(
    `${name} ${shapeOfTable(definition)} ${parent}`,
    () => {
      const arrays = parent.map((column, index) => toArray(`parent${index}`, definition.types[column]));
      return sql<Row<T> & { $count: string }>`
        select ${toList(parent)}, count(*) as "$count" from ${tableOf(definition)}
        where (${toList(parent)}) in (select * from unnest(${sql.join(arrays)})) group by ${toList(parent)}`;
    },
    Object.fromEntries(parent.map((_, index) => [`parent${index}`, values.map((each) => each?.[index])])),
  );
  const { rows } = await database.run(statement, { name, keys: parentIds.length });
  const key = toKey(parent);
  const counts = new Map(rows.map((row) => [key.textOf(row as Readonly<Record<string, unknown>>), Number(row.$count)]));
  return parentIds.map((id) => counts.get(id) ?? 0);
}

/** One array of the statement: a value of each page. */
interface PageArray {
  name: string;
  type: string;
  valueOf: (page: ParentPage) => unknown;
}

interface Lateral {
  columns: readonly string[];
  arrays: readonly PageArray[];
  bounds: { above: Given; below: Given };
  isBackward: boolean;
}

function lateralPages<T extends keyof Schema>(
  definition: TableDefinition<T>,
  { parent, direction }: ParentList<T>,
  { columns, arrays, bounds, isBackward }: Lateral,
) {
  const order = toTotalOrder<T>([], definition.key, direction);
  const conditions = [
    ...parent.map((column, index) => sql`${sql.id(column)} = key.${sql.id(`parent${index}`)}`),
    ...toBound(definition.key, 'above', bounds.above, '>'),
    ...toBound(definition.key, 'below', bounds.below, '<'),
  ];
  return sql<Found<T>>`
    select page.*, key.index as "$index"
    from unnest(${sql.join(arrays.map(({ name, type }) => toArray(name, type)))})
      with ordinality key (${toList([...arrays.map(({ name }) => name), 'index'])})
    cross join lateral (
      select ${toList(columns)} from ${tableOf(definition)} where ${sql.join(conditions, sql` and `)}
      order by ${toOrderBy(isBackward ? reverseOrder(order) : order)} limit key.size
    ) page`;
}

/** A comparison of rows, which an index can answer unless some pages have no cursor. */
function toBound(key: readonly string[], name: string, given: Given, operator: string): RawBuilder<unknown>[] {
  if (given === 'none') return [];
  const bound = key.map((_, index) => sql`key.${sql.id(`${name}${index}`)}`);
  const isBeyond = sql`(${toList(key)}) ${sql.raw(operator)} (${sql.join(bound)})`;
  return [given === 'all' ? isBeyond : sql`(key.${sql.id(`${name}0`)} is null or ${isBeyond})`];
}

function toArrays<T extends keyof Schema>(
  name: string,
  columns: readonly Column<T>[],
  { types }: TableDefinition<T>,
  valuesOf: (page: ParentPage) => readonly unknown[] | undefined,
): PageArray[] {
  return columns.map((column, index) => ({
    name: `${name}${index}`,
    type: types[column],
    valueOf: (page) => valuesOf(page)?.[index] ?? null,
  }));
}

function toArray(name: string, type: string): RawBuilder<unknown> {
  return sql`${param(name)}::${sql.raw(type)}[]`;
}

function givenIn(pages: readonly ParentPage[], bound: 'above' | 'below'): Given {
  const given = pages.filter((page) => page[bound] !== undefined).length;
  if (given === 0) return 'none';
  return given === pages.length ? 'all' : 'some';
}

function toValues<T extends keyof Schema>(
  { key, types }: TableDefinition<T>,
  direction: 'asc' | 'desc',
  cursor: string,
): readonly CursorValue[] {
  const values = fromCursor(shapeOfOrder(toTotalOrder<T>([], key, direction)), cursor);
  const isPosition = values.length === key.length && key.every((it, index) => isKeyValue(types[it], values[index]));
  if (isPosition) return values;
  throw new GatherError('INVALID_INPUT', `Expected a cursor from a page of this list, got "${cursor}".`);
}

function isKeyValue(type: string, value: unknown): boolean {
  return value !== null && value !== undefined && isHeld(type, value);
}
