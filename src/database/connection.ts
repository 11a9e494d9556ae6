import type { Page } from './page.ts';

/** A row in its place on a page. */
export interface Edge<Row> {
  node: Row;
  connection: Connection<Row>;
}

interface ConnectionSource<Row> {
  cursorOf: (row: Row) => string;
  countAll: () => Promise<number>;
}

/**
 * One page of a longer list, after Relay's Cursor Connections Specification.
 * Whether something precedes a page that begins after a cursor is not asked of the database: the row that gave the
 * cursor does.
 */
export class Connection<Row> {
  readonly rows: Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #source: ConnectionSource<Row>;

  /** @param found the rows in the direction of reading, one more than the page's size where there are more */
  constructor(found: Row[], page: Page, source: ConnectionSource<Row>) {
    const hasMore = found.length > page.size;
    const rows = hasMore ? found.slice(0, page.size) : found;
    this.rows = page.isBackward ? rows.reverse() : rows;
    this.hasNextPage = page.isBackward ? page.before !== undefined : hasMore;
    this.hasPreviousPage = page.isBackward ? hasMore : page.after !== undefined;
    this.#source = source;
  }

  /** The place of a row of this page. */
  cursorOf(row: Row): string {
    return this.#source.cursorOf(row);
  }

  /** How many rows there are on all pages. One statement, run when it is called. */
  totalCount(): Promise<number> {
    return this.#source.countAll();
  }
}
