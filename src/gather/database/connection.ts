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

/** Where the rows of pages come from. Pages of many parents may have one source, and differ in their `place`. */
export interface PageSource<Row, Place> {
  /** Begins to read the rows of a page, if that is not done. Never rejects. */
  load: (place: Place) => Promise<void>;
  /** What was read: the rows in the direction of paging, one more than the page's size if there are more, or the error. */
  find: (place: Place) => readonly Row[] | Error;
  cursorOf: (row: Row) => string;
  /** The number of rows on all pages. */
  count: (place: Place) => Promise<number>;
}

/** One page of a list, as in Relay's Cursor Connections Specification. Reads only what is selected. */
export class Connection<Row> {
  readonly #page: Page;
  readonly #source: PageSource<Row, unknown>;
  readonly #place: unknown;
  #found: PageOfRows<Row> | Error | undefined;

  constructor(page: Page, source: PageSource<Row, never>, place: unknown) {
    this.#page = page;
    this.#source = source as PageSource<Row, unknown>;
    this.#place = place;
  }

  /** The rows. One statement, run when this is first called. */
  async read(): Promise<PageOfRows<Row>> {
    await this.load();
    const found = this.find();
    if (found instanceof Error) throw found;
    return found;
  }

  /** Reads the rows, maybe together with those of other pages. Never rejects: `find` has the error. */
  load(): Promise<void> {
    return this.#source.load(this.#place);
  }

  /** The rows that were read, or the error. */
  find(): PageOfRows<Row> | Error {
    if (!this.#found) {
      const found = this.#source.find(this.#place);
      this.#found = found instanceof Error ? found : toPageOfRows(found, this.#page);
    }
    return this.#found;
  }

  /** How many rows there are on all pages. One statement, run when this is first called. */
  totalCount(): Promise<number> {
    return this.#source.count(this.#place);
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
