import type DataLoader from 'dataloader';
import type { Selectable } from 'kysely';
import { Connection, type PageSource } from '../database/connection.ts';
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
import { loads } from '../monitoring/channels.ts';
import { createLoader, type LoaderSource } from './batch.ts';
import { NextBatch } from './next-batch.ts';

type Row<T extends keyof Schema> = Selectable<Schema[T]>;

/** A page that was asked for. */
interface Asked<T extends keyof Schema> {
  page: ParentPage;
  loaded: Promise<void>;
  found: readonly Row<T>[] | Error;
}

/**
 * Loads one page of a list per parent. One statement reads all forward pages, of any size and cursor; another reads all
 * backward pages.
 */
export class ParentPages<T extends keyof Schema> {
  readonly #name: string;
  readonly #source: LoaderSource;
  readonly #list: ParentList<T>;
  readonly #forward: NextBatch<Asked<T>>;
  readonly #backward: NextBatch<Asked<T>>;
  readonly #counts: DataLoader<string, number, unknown>;
  /** By the arguments of the page. */
  readonly #pages = new Map<string, PageSource<Row<T>, string>>();

  constructor(name: string, source: LoaderSource, list: ParentList<T>) {
    this.#name = name;
    this.#source = source;
    this.#list = list;
    this.#forward = this.#createBatches();
    this.#backward = this.#createBatches();
    this.#counts = createLoader(`${name}.totalCount`, source, (parentIds: readonly string[]) =>
      countByParent(source.database, `${name}.totalCount`, list, parentIds),
    );
  }

  /**
   * The same page of the parents with these texts of their keys.
   * @throws INVALID_INPUT if a cursor is from another kind of list
   */
  of(parentIds: readonly string[], page: Page): Connection<Row<T>>[] {
    const { size, isBackward, after, before } = page;
    const key = `${size} ${isBackward} ${after} ${before}`;
    let source = this.#pages.get(key);
    if (!source) {
      source = this.#toSource(page);
      this.#pages.set(key, source);
    }
    const pages = source;
    return parentIds.map((id) => new Connection(page, pages, id));
  }

  #toSource(page: Page): PageSource<Row<T>, string> {
    const definition = this.#source.database.definitions[this.#list.table];
    const toPageOf = toParentPage(definition, this.#list, page);
    const next = page.isBackward ? this.#backward : this.#forward;
    const all = new Map<string, Asked<T>>();
    return {
      load: (parentId) => {
        let asked = all.get(parentId);
        if (loads.hasSubscribers) loads.publish({ loader: this.#name, isHit: asked !== undefined, cache: next });
        if (!asked) {
          asked = { page: toPageOf(parentId), loaded: Promise.resolve(), found: [] };
          all.set(parentId, asked);
          asked.loaded = next.add(asked);
        }
        return asked.loaded;
      },
      find: (parentId) => all.get(parentId)?.found ?? [],
      cursorOf: parentCursors(definition, this.#list),
      count: (parentId) => this.#counts.load(parentId),
    };
  }

  #createBatches(): NextBatch<Asked<T>> {
    const { database, columns, known, schedule } = this.#source;
    const name = this.#name;
    const list = this.#list;
    return new NextBatch({
      name,
      schedule,
      load: async (asked) => {
        const pages = asked.map(({ page }) => page);
        const found = (await readParentPages(database, name, list, columns[list.table], pages)) as Row<T>[][];
        asked.forEach((it, index) => {
          it.found = found[index] ?? [];
          known.add(list.table, it.found as Row<T>[]);
        });
      },
      fail: (asked, error) => {
        for (const it of asked) it.found = error;
      },
    });
  }
}
