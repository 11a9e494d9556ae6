import type { Selectable } from 'kysely';
import { Connection } from '../database/connection.ts';
import type { Page } from '../database/page.ts';
import {
  countByParent,
  type ParentList,
  type ParentPage,
  parentCursors,
  readParentPages,
  toParentPage,
} from '../database/parent-pages.ts';
import type { Schema } from '../database/schema.ts';
import { createLoader, type LoaderSource } from './batch.ts';

/** A loader of pages. */
export interface ParentPages<Row> {
  /**
   * The page of the parent with this text of its key.
   * @throws INVALID_INPUT if a cursor is from another kind of list
   */
  load(parentId: string, page: Page): Connection<Row>;
}

type Row<T extends keyof Schema> = Selectable<Schema[T]>;

/**
 * Creates a loader of one page of a list per parent. One statement reads all forward pages, of any size and cursor; another
 * reads all backward pages.
 */
export function createParentPages<T extends keyof Schema>(
  name: string,
  source: LoaderSource,
  list: ParentList<T>,
): ParentPages<Row<T>> {
  const { database, columns, known } = source;
  const definition = database.definitions[list.table];
  const cursorOf = parentCursors(definition, list);
  const readRows = async (pages: readonly ParentPage[]) => {
    const rows = await readParentPages(database, name, list, columns[list.table], pages);
    for (const page of rows) known.add(list.table, page);
    return rows as Row<T>[][];
  };
  const forward = createLoader(name, source, readRows, { toCacheKey });
  const backward = createLoader(name, source, readRows, { toCacheKey });
  const counts = createLoader(`${name}.totalCount`, source, (parentIds: readonly string[]) =>
    countByParent(database, `${name}.totalCount`, list, parentIds),
  );
  return {
    load: (parentId, page) => {
      const parentPage = toParentPage(definition, list, parentId, page);
      return new Connection<Row<T>>(page, {
        read: () => (page.isBackward ? backward : forward).load(parentPage),
        cursorOf,
        count: () => counts.load(parentId),
      });
    },
  };
}

function toCacheKey({ parentId, page, above, below }: ParentPage): string {
  return `${parentId} ${page.size} ${above} ${below}`;
}
