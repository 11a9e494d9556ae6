import type { Page } from './page.ts';

/** A row on a page. */
export interface Edge<Row> {
  node: Row;
  connection: Connection<Row>;
}

/** The rows of a page, and whether others precede or follow them. */
export interface PageOfRows<Row> {
  rows: Row[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

interface ConnectionSource<Row> {
  /** Reads the rows in the direction of paging, one more than the page's size if there are more. */
  read: () => Promise<Row[]>;
  cursorOf: (row: Row) => string;
  count: () => Promise<number>;
}

/** One page of a list, as in Relay's Cursor Connections Specification. Reads only what is selected. */
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

  cursorOf(row: Row): string {
    return this.#source.cursorOf(row);
  }
}

/**
 * Relay's rule. In the direction of paging: whether more rows lie between the cursors, so that a loop over pages ends at the
 * second cursor. In the other direction: whether the page begins at a cursor, whose row exists without another query.
 */
function toPageOfRows<Row>(found: readonly Row[], { size, isBackward, after, before }: Page): PageOfRows<Row> {
  const hasMore = found.length > size;
  const rows = found.slice(0, size);
  return isBackward
    ? { rows: rows.reverse(), hasPreviousPage: hasMore, hasNextPage: before !== undefined }
    : { rows, hasPreviousPage: after !== undefined, hasNextPage: hasMore };
}
