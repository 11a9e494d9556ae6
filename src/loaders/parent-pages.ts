import type { Selectable } from 'kysely';
import { Connection } from '../database/connection.ts';
import {
  countByParent,
  type ParentList,
  type ParentPage,
  readParentPages,
  toParentCursor,
} from '../database/parent-pages.ts';
import type { Schema } from '../database/schema.ts';
import { createLoader, type LoaderSource } from './batch.ts';

/** A loader of pages. */
export interface ParentPages<Row> {
  load(page: ParentPage): Promise<Connection<Row>>;
}

type Row<T extends keyof Schema> = Selectable<Schema[T]> & { id: string };

/**
 * Pages of a list that each parent has. All pages that are counted from the start are one statement, whatever their
 * sizes and cursors; those counted from the end are another.
 */
export function createParentPages<T extends keyof Schema>(
  name: string,
  source: LoaderSource,
  list: ParentList<T>,
): ParentPages<Row<T>> {
  const { database } = source;
  const counts = createLoader(`${name}.totalCount`, source, (parentIds: readonly string[]) =>
    countByParent(database, `${name}.totalCount`, list, parentIds),
  );

  const readPages = async (pages: readonly ParentPage[]) => {
    const rows = await readParentPages(database, name, list, source.columns[list.table], pages);
    return pages.map(
      ({ parentId, page }, index) =>
        new Connection<Row<T>>(rows[index] as Row<T>[], page, {
          cursorOf: (row) => toParentCursor(list, row.id),
          countAll: () => counts.load(parentId),
        }),
    );
  };
  const forward = createLoader(name, source, readPages, { toCacheKey });
  const backward = createLoader(name, source, readPages, { toCacheKey });
  return { load: (parentPage) => (parentPage.page.isBackward ? backward : forward).load(parentPage) };
}

function toCacheKey({ parentId, page }: ParentPage): string {
  return `${parentId} ${page.size} ${page.isBackward} ${page.after} ${page.before}`;
}
