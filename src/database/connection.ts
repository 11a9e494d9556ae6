import type { Page } from './page.ts';

/** A row in its place on a page. */
export interface Edge<Row> {
  node: Row;
  connection: Connection<Row>;
}

/** The rows of a page, and what is around them. */
export interface PageOfRows<Row> {
  rows: Row[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

interface ConnectionSource<Row> {
  /** Reads the rows in the direction of reading, one more than the page's size where there are more. */
  read: () => Promise<Row[]>;
  cursorOf: (row: Row) => string;
  count: () => Promise<number>;
}

/** One page of a longer list, after Relay's Cursor Connections Specification. What nobody asks for is not read. */
export class Connection<Row> {
  readonly #page: Page;
  readonly #source: ConnectionSource<Row>;
  #read: Promise<PageOfRows<Row>> | undefined;
  #count: Promise<number> | undefined;

  constructor(page: Page, source: ConnectionSource<Row>) {
    this.#page = page;
    this.#source = source;
  }

  /** The rows. One statement, run when this is first called. */
  read(): Promise<PageOfRows<Row>> {
    this.#read ??= this.#source.read().then((found) => toPageOfRows(found, this.#page));
    return this.#read;
  }

  /** How many rows there are on all pages. One statement, run when this is first called. */
  totalCount(): Promise<number> {
    this.#count ??= this.#source.count();
    return this.#count;
  }

  /** The place of a row of this page. */
  cursorOf(row: Row): string {
    return this.#source.cursorOf(row);
  }
}

/**
 * Whether something precedes a page that begins after a cursor, or follows one that ends before a cursor, is not asked
 * of the database: the row that gave the cursor does.
 */
function toPageOfRows<Row>(found: readonly Row[], { size, isBackward, after, before }: Page): PageOfRows<Row> {
  const hasMore = found.length > size;
  const rows = found.slice(0, size);
  return {
    rows: isBackward ? rows.reverse() : rows,
    hasNextPage: before !== undefined || (hasMore && !isBackward),
    hasPreviousPage: after !== undefined || (hasMore && isBackward),
  };
}
